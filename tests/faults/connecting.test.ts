import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthenticationError, ConnectionError, RemoteMediasoupClient } from '@tureen/remote-client';
import { RemoteServer, WebSocketListener } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';
import { freePort } from '../support/freePort.js';
import { AppProcess } from './support/AppProcess.js';
import { ObservedClient } from './support/clients.js';
import { ObservedDaemon } from './support/ObservedDaemon.js';
import { goodHello, RawClient } from './support/RawClient.js';
import { sessionsLeft } from './support/sessionsLeft.js';

const quick = { minRedialDelay: 10, maxRedialDelay: 20 };

describe('a URL that cannot be one of a Tureen server is a TypeError', () => {
  test.each<[string, RegExp]>([
    ['http://127.0.0.1:4600', /wrong URL scheme "http:".*ws:\/\//],
    ['https://127.0.0.1:4600', /wrong URL scheme "https:"/],
    ['tcp://127.0.0.1:4600', /wrong URL scheme "tcp:"/],
    ['127.0.0.1:4600', /not a URL: "127\.0\.0\.1:4600"/],
    ['localhost:4600', /wrong URL scheme "localhost:"/],
    ['', /not a URL/],
    ['ws://', /not a URL/],
    ['ws://127.0.0.1:99999', /not a URL/],
    ['ws://user:secret@127.0.0.1:4600', /credentials.*option token/],
    ['ws://secret@127.0.0.1:4600', /credentials.*option token/],
    ['http://user:secret@127.0.0.1:4600', /wrong URL scheme/],
    ['ws://127.0.0.1:4600/#secret', /fragment/],
  ])('%s', (url, message) => {
    const connect = (): RemoteMediasoupClient => new RemoteMediasoupClient(url);

    expect(connect).toThrow(TypeError);
    expect(connect).toThrow(message);
    expect(connect).not.toThrow(/secret/);
    expect(() => new RemoteMediasoupClient().open(url)).toThrow(message);
  });

  test('no URL at all', () => {
    expect(() => new RemoteMediasoupClient().open()).toThrow(TypeError);
  });

  test('a client that refused one can still be given another', async () => {
    const daemon = await ObservedDaemon.start();
    const observed = new ObservedClient();

    expect(() => observed.client.open('http://127.0.0.1')).toThrow(TypeError);
    expect(observed.client.readyState).toBe(RemoteMediasoupClient.CLOSED);
    observed.client.open(daemon.url);
    await observed.saw('mediasoup');
  });
});

describe('a token', () => {
  let folder: string;
  let daemon: ObservedDaemon;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tureen-faults-'));
    await writeFile(join(folder, 'token'), 'correct-horse');
    daemon = await ObservedDaemon.startForFile([
      ...['--token-file', join(folder, 'token'), '--health-port', '0'],
    ]);
  });

  afterAll(async () => {
    await sessionsLeft(daemon, 0);
    await daemon.endCleanly();
    await rm(folder, { recursive: true });
    expect(daemon.sessionsAtEnd).toBe(0);
  });

  test('that is right lets in', async () => {
    const { client, mediasoup, errors } = await ObservedClient.connect(daemon.url, {
      token: 'correct-horse',
    });

    expect(client.readyState).toBe(RemoteMediasoupClient.CONNECTED);
    await expect((await mediasoup.createWorker()).dump()).resolves.toMatchObject({});
    expect(errors).toEqual([]);
  });

  test.each<[string, string | undefined]>([
    ['wrong', 'wrong-horse'],
    ['missing', undefined],
    ['empty', ''],
    ['longer', 'correct-horse2'],
    ['shorter', 'correct-hors'],
  ])('that is %s is refused for good', async (_what, token) => {
    const own = await ObservedDaemon.start(['--token-file', join(folder, 'token')]);
    const observed = new ObservedClient(own.url, { ...quick, token });
    const { client, events, errors } = observed;
    const waiting = client.getStats();
    const outcome = expect(waiting).rejects.toThrow(AuthenticationError);

    await observed.saw('close');
    await outcome;
    expect(events).toEqual(['error', 'close']);
    expect(errors[0]).toBeInstanceOf(AuthenticationError);
    expect(errors[0]).toBeInstanceOf(ConnectionError);
    expect(errors[0]?.message).toContain(`refused the token (401)`);
    expect(client.readyState).toBe(RemoteMediasoupClient.CLOSED);
    expect(client.mediasoup).toBeUndefined();

    // Many redials' worth of time, measured in refusals that another client gets meanwhile.
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await new ObservedClient(own.url, { token: 'another-horse' }).saw('close');
    }
    // What it logs comes in order, but later than its answers.
    await ObservedClient.connect(own.url, { token: 'correct-horse' });
    await until('all that it logged', () => own.logged('client connected').length > 0);
    expect(own.logged('client refused: wrong token')).toHaveLength(1 + 10);
    expect(events).toEqual(['error', 'close']);
  });

  test('that is refused rejects whoever waits for the first connection', async () => {
    const { client } = new ObservedClient(daemon.url);

    await expect(once(client, 'mediasoup')).rejects.toThrow(AuthenticationError);
  });

  test('that was refused can be followed by a client with the right one', async () => {
    const refused = new ObservedClient(daemon.url, { token: 'wrong-horse' });

    await refused.saw('close');
    expect(() => refused.client.open()).not.toThrow();
    await refused.saw('close', 2);
    expect(refused.events).toEqual(['error', 'close', 'error', 'close']);
    await ObservedClient.connect(daemon.url, { token: 'correct-horse' });
  });

  test.each(['two words', 'two\nlines', 'naïve'])(
    'that cannot be sent is a TypeError: %j',
    (token) => {
      const connect = (): RemoteMediasoupClient => new RemoteMediasoupClient(daemon.url, { token });

      expect(connect).toThrow(TypeError);
      expect(connect).toThrow(/option token/);
      expect(connect).not.toThrow(token);
    },
  );

  test.each(['/?token=correct-horse', '/correct-horse'])('in the URL is none: %s', async (path) => {
    await expect(RawClient.connect(`${daemon.url}${path}`)).rejects.toThrow(/401/);
  });
});

/** Listens on a port until the test is over. */
async function listening<S extends Server>(server: S, port = 0): Promise<number> {
  const sockets = new Set<Socket>();

  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
    await once(server, 'close');
  });

  return (server.address() as AddressInfo).port;
}

describe('a daemon that is not there', () => {
  test('is one error, and connects when it comes', async () => {
    const port = await freePort();
    const observed = new ObservedClient(`ws://127.0.0.1:${port}`, quick);
    const { client, events, errors } = observed;

    await observed.saw('error');
    expect(errors[0]).toBeInstanceOf(ConnectionError);
    expect(errors[0]?.message).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED`));
    expect(client.readyState).toBe(RemoteMediasoupClient.CONNECTING);

    const daemon = await ObservedDaemon.start([], { TUREEN_PORT: String(port) });

    await observed.saw('mediasoup');
    // Starting it took many attempts' time.
    expect(events).toEqual(['error', 'connected', 'mediasoup']);
    await expect((await client.mediasoup!.createWorker()).dump()).resolves.toMatchObject({});
    await observed.close();
    await daemon.endCleanly();
  });

  test('rejects whoever waits for the first connection', async () => {
    const { client } = new ObservedClient(`ws://127.0.0.1:${await freePort()}`, quick);

    await expect(once(client, 'mediasoup')).rejects.toThrow(ConnectionError);
  });

  test('hundreds of attempts leave nothing behind', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): number => warnings.push(warning);

    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));

    let attempts = 0;
    const port = await listening(
      createServer((socket) => {
        attempts += 1;
        socket.destroy();
      }),
    );
    const observed = new ObservedClient(`ws://127.0.0.1:${port}`, {
      minRedialDelay: 1,
      maxRedialDelay: 1,
    });

    await until('many attempts', () => attempts >= 300);
    await observed.close();
    expect(observed.events).toEqual(['error', 'close']);
    expect(warnings).toEqual([]);
  });

  test('is an error that ends a process that does not listen to it', async () => {
    const app = await AppProcess.run('unheard.mjs', `ws://127.0.0.1:${await freePort()}`);

    expect(app.code).toBe(1);
    expect(app.stderr).toMatch(/ConnectionError: cannot connect.*ECONNREFUSED/);
  });
});

describe('a port that is no Tureen server', () => {
  test.each([200, 404, 426, 500, 302])('but answers HTTP %i', async (status) => {
    const port = await listening(
      createHttpServer((_request, response) => {
        response.writeHead(status, { location: 'ws://127.0.0.1:1/' });
        response.end('hello');
      }),
    );
    const observed = new ObservedClient(`ws://127.0.0.1:${port}`, quick);

    await observed.saw('error');
    expect(observed.errors[0]).toBeInstanceOf(ConnectionError);
    expect(observed.errors[0]?.message).toMatch(
      new RegExp(`127\\.0\\.0\\.1:${port} is no Tureen server.*${status}`),
    );
    await observed.close();
    expect(observed.events).toEqual(['error', 'close']);
  });

  test('but sends nonsense', async () => {
    const port = await listening(createServer((socket) => void socket.end('nonsense\r\n\r\n')));
    const observed = new ObservedClient(`ws://127.0.0.1:${port}`, quick);

    await observed.saw('error');
    expect(observed.errors[0]?.message).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}`));
  });

  test('and never answers', async () => {
    const port = await listening(createServer());
    const observed = new ObservedClient(`ws://127.0.0.1:${port}`, {
      ...quick,
      handshakeTimeout: 100,
    });

    await observed.saw('error');
    expect(observed.errors[0]?.message).toMatch(/timed out|no handshake/);
    await observed.close();
  });

  test('a daemon tells who asks with HTTP what it is', async () => {
    const daemon = await ObservedDaemon.start();
    const answer = await fetch(daemon.url.replace('ws:', 'http:'));

    expect(answer.status).toBe(426);
    expect(await answer.text()).toMatch(/Tureen/);
  });
});

describe('a client that a daemon refuses', () => {
  test('without the subprotocol', async () => {
    const daemon = await ObservedDaemon.start();
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(daemon.url);
    const [error] = (await once(socket, 'error')) as [Error];

    expect(error.message).toMatch(/400/);
  });

  test('from a page in a browser, which could be any page', async () => {
    const daemon = await ObservedDaemon.start();
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(daemon.url, 'tureen.1', { origin: 'http://elsewhere.example' });

    onTestFinished(() => socket.terminate());

    const [error] = (await Promise.race([
      once(socket, 'error'),
      once(socket, 'open').then(() => [new Error('let in')]),
    ])) as [Error];

    expect(error.message).toMatch(/403/);
  });

  test('is disconnected, whether or not it closes its end', async () => {
    const daemon = await ObservedDaemon.start(['--log-level', 'info']);
    const { connect } = await import('node:net');
    const socket = connect({ port: daemon.port, host: '127.0.0.1', allowHalfOpen: true });

    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.write(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await once(socket.resume(), 'end');
    // A daemon that kept its end open could not free its port, and would not end in time.
    await daemon.endCleanly();
  });

  test('says hello in time, or is disconnected', async () => {
    const server = new RemoteServer({ mediasoup, handshakeTimeout: 50 });
    const listener = new WebSocketListener(server, { port: 0 });
    const silent = await RawClient.connect(await listener.listen());

    expect(await silent.closedByServer()).toMatchObject({ reason: 'no hello in time' });
    await server.close();
    await listener.close();
  });

  test('is told why before the connection closes', async () => {
    const daemon = await ObservedDaemon.start();
    const client = await RawClient.connect(daemon.url);

    client.hello({ ...goodHello, fingerprint: 'other' });
    await client.closedByServer();
    expect(client.messages).toMatchObject([[11, { name: 'VersionMismatchError' }]]);
  });
});
