import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { LimitExceededError, subprotocol } from '@tureen/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { makeRoom, ObservedClient, type Room } from '../faults/support/clients.js';
import { exists, ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { encode, goodHello, RawClient } from '../faults/support/RawClient.js';
import { sessionsLeft } from '../faults/support/sessionsLeft.js';
import { until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs } from '../support/media.js';
import { metricsOf } from './support/attempts.js';
import { Certificates } from './support/certificates.js';

const MiB = 1024 * 1024;

let certificates: Certificates;
let daemon: ObservedDaemon;

beforeAll(async () => {
  certificates = await Certificates.make();
  daemon = await ObservedDaemon.startForFile([
    ...['--max-sessions', '20', '--max-workers', '2', '--max-transports', '5'],
    ...['--health-port', '0', '--resume-window', '1', '--log-level', 'debug'],
  ]);
});

afterAll(async () => {
  await daemon.endCleanly();
  await certificates.remove();
});

/** Another client's session, which is to notice nothing. */
async function bystander(): Promise<{ unharmed(): Promise<void> }> {
  const observed = await ObservedClient.connect(daemon.url);
  const room: Room = await makeRoom(observed.mediasoup);

  return {
    unharmed: async () => {
      await expect(room.consumer.dump()).resolves.toMatchObject({ id: room.consumer.id });
      expect(observed.count('disconnected')).toBe(0);
      expect(room.worker.closed).toBe(false);
    },
  };
}

/** A bare socket, and whether the daemon has closed it. */
async function raw(port: number): Promise<{ socket: Socket; isClosed(): boolean }> {
  const socket = connect(port, '127.0.0.1');
  let closed = false;

  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  // What comes must be read, or the end would not be seen.
  socket.on('data', () => undefined);
  socket.on('close', () => (closed = true));
  await once(socket, 'connect');

  return { socket, isClosed: () => closed };
}

const upgradeRequest = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  `Sec-WebSocket-Protocol: ${subprotocol}`,
];

describe('a message', () => {
  test.each([5 * MiB, 64 * MiB])('of %i bytes ends its connection only', async (size) => {
    const other = await bystander();
    const client = await RawClient.greet(daemon.url);

    client.sendRaw(Buffer.alloc(size));
    await expect(client.closedByServer()).resolves.toMatchObject({ code: 1009 });
    await other.unharmed();
  });

  test('of a length that it only claims costs nothing', async () => {
    const other = await bystander();
    const { socket, isClosed } = await raw(daemon.port);

    socket.write(`${upgradeRequest.join('\r\n')}\r\n\r\n`);
    // Binary, final, masked, 2^40 bytes.
    socket.write(Buffer.from([0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4]));
    await until('the connection to be closed', isClosed);
    await other.unharmed();
  });

  test('in too many fragments ends its connection only', async () => {
    const other = await bystander();
    const socket = new WebSocket(daemon.url, subprotocol);

    onTestFinished(() => socket.terminate());
    await once(socket, 'open');

    const closed = once(socket, 'close');

    socket.on('error', () => undefined);
    for (let fragments = 0; fragments < 10_000; fragments += 1) {
      socket.send(Buffer.from([0]), { fin: false });
    }

    const [code] = (await closed) as [number];

    expect([1006, 1008]).toContain(code);
    await other.unharmed();
  });

  test('that names something endlessly long is answered at once, and logged in short', async () => {
    const other = await bystander();
    const long = 'x'.repeat(4 * MiB);
    const logged = daemon.stderr.length;
    const hello = await RawClient.connect(daemon.url);

    hello.hello({ ...goodHello, api: '99.0.0', client: long });
    await hello.closedByServer();

    const client = await RawClient.greet(daemon.url);

    await expect(client.call(0, long)).rejects.toMatchObject({ name: 'UnsupportedError' });
    await expect(client.call(5, long)).rejects.toMatchObject({ name: 'NotFoundError' });
    client.beginCall(0, 'createWorker', [{}], long);
    await client.closedByServer();
    await other.unharmed();
    expect(daemon.stderr.length - logged).toBeLessThan(100_000);
  });
});

test('whoever is slow to introduce himself is not waited for', async () => {
  const other = await bystander();
  const authority = await certificates.authority('authority');
  const secure = await ObservedDaemon.start(['--cert', authority.cert, '--key', authority.key]);
  const silent = await raw(daemon.port);
  const half = await raw(daemon.port);
  const dripping = await raw(daemon.port);
  const silentBeforeTls = await raw(secure.port);
  const underTls = tlsConnect({ host: '127.0.0.1', port: secure.port, rejectUnauthorized: false });
  const secured = once(underTls, 'secureConnect');
  const upgraded = await RawClient.connect(daemon.url);
  const deaf = await raw(daemon.port);
  let underTlsClosed = false;

  underTls.on('error', () => undefined).on('close', () => (underTlsClosed = true));
  underTls.on('data', () => undefined);
  await secured;
  half.socket.write(upgradeRequest.slice(0, 3).join('\r\n'));
  dripping.socket.write(`${upgradeRequest.slice(0, 3).join('\r\n')}\r\n`);
  deaf.socket.write(`${upgradeRequest.join('\r\n')}\r\n\r\n`);

  const drip = setInterval(() => dripping.socket.write('X-Slow: x\r\n'), 500);

  onTestFinished(() => {
    clearInterval(drip);
    underTls.destroy();
  });

  const open = (): string[] =>
    Object.entries({
      silent: silent.isClosed(),
      half: half.isClosed(),
      dripping: dripping.isClosed(),
      silentBeforeTls: silentBeforeTls.isClosed(),
      underTls: underTlsClosed,
      upgraded: upgraded.closed !== undefined,
      deaf: deaf.isClosed(),
    }).flatMap(([name, closed]) => (closed ? [] : [name]));

  await until('all of them to be closed', () => open().length === 0, 40_000).catch((error) => {
    throw new Error(`still open: ${open().join(', ')}`, { cause: error });
  });
  await other.unharmed();
}, 90_000);

test('a flood of connections is cut off at the limit, and afterwards all is well', async () => {
  const other = await bystander();
  const sockets: Socket[] = [];
  let refused = 0;

  for (let index = 0; index < 2100; index += 1) {
    const socket = connect(daemon.port, '127.0.0.1');

    socket.on('error', () => undefined);
    socket.on('close', () => (refused += 1));
    sockets.push(socket);
    if (index % 50 === 0) await once(socket, 'connect');
  }
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  await until('the surplus to be refused', () => refused >= 100);
  // Those who are in are served, whoever stands outside.
  await other.unharmed();
  sockets.forEach((socket) => socket.destroy());
  await other.unharmed();

  let client: RawClient | undefined;

  await until('others to be let in again', async () => {
    client = await RawClient.greet(daemon.url).catch(() => undefined);

    return client;
  });
  await expect(client!.call(0, 'getStats')).resolves.toBeTypeOf('object');
}, 90_000);

test('a flood of sessions is refused by name at the limit, and places become free again', async () => {
  const other = await bystander();
  const sessions: RawClient[] = [];

  // Those of tests before stay for the resume window; one that ends now would make room for another.
  await sessionsLeft(daemon, 1);

  let refused: RawClient | undefined;

  while (!refused) {
    const client = await RawClient.connect(daemon.url);

    client.hello();
    await until('an answer', () => client.messages.length > 0);
    if (client.welcome) sessions.push(client);
    else refused = client;
    expect(sessions.length).toBeLessThan(20);
  }
  expect(refused.messages[0]).toMatchObject([11, { name: 'LimitExceededError' }]);
  await refused.closedByServer();
  await expect(
    ObservedClient.connect(daemon.url),
    // A client of ours says so too, and goes on trying.
  ).rejects.toMatchObject({ message: expect.stringMatching(/20 sessions/) });
  await other.unharmed();

  sessions.forEach((session) => session.send([4]));
  await until('a place', async () => (await metricsOf(daemon)).get('tureen_sessions')! < 3);
  await ObservedClient.connect(daemon.url);
  await other.unharmed();
});

describe('objects over the limit', () => {
  test('workers: refused by name, the others live, and places become free again', async () => {
    const other = await bystander();
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => mediasoup.createWorker()));
    const workers = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const errors = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));

    expect(workers).toHaveLength(2);
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({
        name: new LimitExceededError('').name,
        message: expect.stringMatching(/2 workers/),
      });
    }
    for (const worker of workers) {
      await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
    }

    const pid = workers[0]!.pid;

    workers[0]!.close();
    await until('its process to go', () => !exists(pid));
    await until('a new one', () => mediasoup.createWorker().then(Boolean, () => false));
    await other.unharmed();
  });

  test('transports: of all kinds together, and what failed to come does not count', async () => {
    const other = await bystander();
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const router = await (await mediasoup.createWorker()).createRouter({ mediaCodecs });

    for (let index = 0; index < 10; index += 1) {
      await expect(
        router.createPlainTransport({ listenInfo: { ...loopback, ip: '192.0.2.1' } }),
      ).rejects.toThrow();
    }

    const transports = [
      await router.createPlainTransport({ listenInfo: loopback }),
      await router.createWebRtcTransport({ listenInfos: [loopback] }),
      await router.createPipeTransport({ listenInfo: loopback }),
      await router.createDirectTransport(),
      await router.createDirectTransport(),
    ];

    await expect(router.createDirectTransport()).rejects.toMatchObject({
      name: 'LimitExceededError',
      message: expect.stringMatching(/5 transports/),
    });
    await expect(router.dump()).resolves.toMatchObject({ transportIds: { length: 5 } });
    transports[0]!.close();
    await until('a place', () => router.createDirectTransport().then(Boolean, () => false));
    await other.unharmed();
  });

  test('WebRTC servers, each of which listens on a port', async () => {
    const other = await bystander();
    const client = await RawClient.greet(daemon.url);
    const count = 1010;

    await client.call(0, 'createWorker', [{}], 1);

    const calls = Array.from({ length: count }, (_, index) =>
      client.beginCall(1, 'createWebRtcServer', [{ listenInfos: [loopback] }], 10 + index),
    );
    const outcomes = await Promise.allSettled(calls.map((call) => client.answer(call)));
    const names = outcomes.flatMap((each) =>
      each.status === 'rejected' ? [(each.reason as Error).name] : [],
    );

    expect(names.filter((name) => name === 'LimitExceededError')).toHaveLength(count - 1000);
    client.send([4]);
    await other.unharmed();
  }, 90_000);
});

describe('calls under way over the limit', () => {
  test('are refused by name, and those below it are answered', async () => {
    const other = await bystander();
    const client = await RawClient.greet(daemon.url);
    const count = 10_100;

    const { pid } = (await client.call(0, 'createWorker', [{}], 1)) as { pid: number };

    // No answers as long as it hangs.
    process.kill(pid, 'SIGSTOP');
    for (let first = 0; first < count; first += 1010) {
      client.sendEncoded(
        ...Array.from({ length: 1010 }, (_, index) =>
          encode([1, 1000 + first + index, 1, 'dump', []]),
        ),
      );
    }

    const answers = (type: number) => client.messages.filter((message) => message[0] === type);

    await until('the refusals', () => answers(13).length >= count - 10_000);
    expect(answers(13)[0]).toMatchObject([13, expect.any(Number), { name: 'LimitExceededError' }]);
    process.kill(pid, 'SIGCONT');
    await until('all answers', () => answers(12).length >= 10_000 + 1, 40_000);
    expect(answers(13)).toHaveLength(count - 10_000);
    await expect(client.call(1, 'dump')).resolves.toBeTypeOf('object');
    await other.unharmed();
  }, 60_000);

  test('of which the answers are not read end that session, not the daemon', async () => {
    const other = await bystander();
    const client = await RawClient.greet(daemon.url);
    const before = daemon.logged('session given up').length;
    const codecs = mediaCodecs.map((codec) => ({
      ...codec,
      parameters: { ...codec.parameters, 'x-filler': 'x'.repeat(256 * 1024) },
    }));

    // One that is large, and told of in each answer.
    await client.call(0, 'createWorker', [{}], 1);
    await client.call(1, 'createRouter', [{ mediaCodecs: codecs }], 2);
    client.pause();

    // Answers of more than 64 MiB.
    for (let index = 0; index < 200; index += 1) {
      client.beginCall(1, 'createRouter', [{ mediaCodecs: codecs }], 10 + index);
    }
    await until(
      'the session to be given up',
      () => daemon.logged('session given up').length > before,
      20_000,
    );
    await other.unharmed();
  }, 60_000);
});

test('method names that somebody makes up do not fill /metrics', async () => {
  const client = await RawClient.greet(daemon.url);

  for (let index = 0; index < 50; index += 1) {
    await expect(client.call(0, `made-up-${index}`)).rejects.toThrow();
  }

  const names = [...(await metricsOf(daemon)).keys()];

  expect(names.filter((name) => name.includes('made-up'))).toEqual([]);
  expect(names).toContain(
    'tureen_calls_total{object="mediasoup",method="unknown",outcome="failed"}',
  );
});

describe('shared values', () => {
  test('that are too large are not kept, and the calls that name them are refused', async () => {
    const other = await bystander();
    const client = await RawClient.greet(daemon.url);
    const before = (await metricsOf(daemon)).get('tureen_held_bytes') as number;

    await client.call(0, 'createWorker', [{}], 1);
    await client.call(1, 'createRouter', [{ mediaCodecs }], 2);
    await client.call(2, 'createDirectTransport', [{}], 3);
    for (const value of [
      Buffer.alloc(2 * MiB),
      'x'.repeat(2 * MiB),
      Array(100_000).fill(null),
      Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`k${index}`, 0])),
      { deep: { deeper: Array(30_000).fill(1) } },
    ]) {
      client.send([5, 0, value]);
      await expect(
        client.call(3, 'consume', [{ producerId: 'x', rtpCapabilities: { $shared: 0 } }], 4),
      ).rejects.toMatchObject({ name: 'TypeError', message: 'shared value is too large' });
    }
    expect((await metricsOf(daemon)).get('tureen_held_bytes')).toBeLessThan(before + MiB / 4);
    client.send([4]);
    await other.unharmed();
  });

  test.each([-1, 64, 1.5, '0', null, 2 ** 40])('of number %j end the session', async (number) => {
    const client = await RawClient.greet(daemon.url);

    client.send([5, number, {}]);
    await client.closedByServer();
  });

  test('that nobody shared are nothing, and those of others neither', async () => {
    const other = await bystander();
    const client = await RawClient.greet(daemon.url);

    await client.call(0, 'createWorker', [{}], 1);
    await client.call(1, 'createRouter', [{ mediaCodecs }], 2);
    await client.call(2, 'createDirectTransport', [{}], 3);
    await client.call(3, 'produce', [audioProducer(1)], 4);

    const { id } = (await client.call(4, 'dump')) as { id: string };

    for (const shared of [0, 63, 64, -1, NaN]) {
      await expect(
        client.call(
          3,
          'consume',
          [{ producerId: id, rtpCapabilities: { $shared: shared } }],
          10 + (Number.isNaN(shared) ? 90 : shared + 2),
        ),
      ).rejects.toMatchObject({ name: 'TypeError' });
    }
    await other.unharmed();
  });
});
