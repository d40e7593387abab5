import { once } from 'node:events';
import { decodeFrame, MessageType, type Link, type Welcome } from '@tureen/protocol';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { describe, expect, test } from 'vitest';
import { until } from '../support/events.js';
import { MemoryHost, type MemoryHostOptions } from './MemoryHost.js';
import { RawSession } from './RawSession.js';

const { CONNECTED, CLOSED } = RemoteMediasoupClient;

/** A host whose server numbers its answers to getStats(). */
async function countingHost(options: MemoryHostOptions = {}): Promise<MemoryHost> {
  let executed = 0;

  return MemoryHost.start({ getStats: async () => (executed += 1), ...options });
}

const isConnected = (client: RemoteMediasoupClient) =>
  until('a connection', () => client.readyState === CONNECTED);

describe('the link dies', () => {
  test('before the first hello is answered: the next one is, and the lost session ends', async () => {
    const host = new MemoryHost({
      resumeWindow: 50,
      onConnection: ({ client, server }, index) => {
        if (index === 0) {
          void server
            .fence()
            .reached()
            .then(() => client.close('cut'));
        }
      },
    });

    await until('mediasoup', () => host.events.includes('mediasoup'));
    // The first connection failed, which is worth one word.
    expect(host.events).toEqual(['error ConnectionError', 'connected', 'mediasoup']);
    expect(host.server.sessions).toBeLessThanOrEqual(2);
    await until('the end of the session that nobody knows of', () => host.server.sessions === 1);
    expect(await host.mediasoup.createWorker()).toMatchObject({ closed: false });
  });

  test('before a resume is answered, again and again: nothing is lost or done twice', async () => {
    const host = await countingHost();
    const worker = await host.mediasoup.createWorker();

    await host.detach();

    const router = worker.createRouter();
    const stats = [host.client.getStats(), host.client.getStats()];

    host.onConnection = ({ client, server }, index) => {
      if (index <= 5) {
        void server
          .fence()
          .reached()
          .then(() => client.close('cut'));
      }
    };
    await host.reconnect();
    expect(host.connections).toHaveLength(7);
    expect(await Promise.all(stats)).toEqual([1, 2]);
    expect(await worker.dump()).toMatchObject({ routerIds: [(await router).id] });
    expect(host.events).toEqual(['connected', 'mediasoup', 'disconnected', 'connected']);
  });

  test('between the welcome and the first frame, of either end', async () => {
    for (const silent of ['client', 'server'] as const) {
      const host = await countingHost();

      await host.detach();

      const stats = host.client.getStats();

      host.onConnection = (connection, index) => {
        if (index === 1) {
          cutAfterWelcome(connection[silent], connection.server, () =>
            connection.client.close('cut'),
          );
        }
      };
      await host.reconnect();
      await until('a third connection', () => host.connections.length === 3);
      expect(await stats).toBe(1);
      expect(await host.client.getStats()).toBe(2);
    }
  });

  test('in the middle of what is sent again', async () => {
    const host = await countingHost();

    await host.detach();

    const calls: Promise<unknown>[] = [];

    // Each in a frame of its own.
    for (let call = 0; call < 6; call += 1) {
      calls.push(host.client.getStats());
      await new Promise((resolve) => setImmediate(resolve));
    }
    host.onConnection = ({ client }, index) => {
      if (index <= 4) {
        const send = client.send.bind(client);
        let left = 1 + index;

        // The hello and as many frames as the number of the attempt.
        client.send = (frame) => {
          send(frame);
          left -= 1;
          if (left === 0) {
            client.close('cut');
          }
        };
      }
    };
    host.unreachable = false;
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(host.connections.length).toBeGreaterThan(4);
  });
});

describe('a connection that comes while another is there', () => {
  test('the answer to a resume that was given up comes late: nobody minds', async () => {
    const host = await countingHost({ client: { handshakeTimeout: 500 } });

    await host.detach();

    const stats = host.client.getStats();
    const late: { release(): void }[] = [];

    host.onConnection = ({ server }, index) => {
      if (index === 1) {
        late.push(server.fence());
      }
    };
    await host.reconnect();
    expect(host.connections).toHaveLength(3);
    late[0]?.release();
    expect(await stats).toBe(1);
    expect(await host.client.getStats()).toBe(2);
    expect(host.server.sessions).toBe(1);
    expect(host.events.filter((event) => event === 'connected')).toHaveLength(2);
  });

  test('a replay of an old resume takes the link for a moment, and nothing from the session', async () => {
    const hellos: Buffer[] = [];
    const host = await countingHost({ wrap: (end) => listening(end, hellos) });
    const worker = await host.mediasoup.createWorker();

    await host.cut();
    await isConnected(host.client);

    const router = await worker.createRouter();
    const [link] = host.stranger();
    const stranger = new RawSession(link);
    const disconnected = once(host.client, 'disconnected');

    // What whoever could read the wire would have: the client's hello of its second connection.
    stranger.replay(hellos[1] as Buffer);
    await disconnected;
    await isConnected(host.client);
    await until('the end of the stranger', () => stranger.closed !== undefined);
    expect(await host.client.getStats()).toBe(1);
    expect(await worker.dump()).toMatchObject({ routerIds: [router.id] });
    expect(host.events).not.toContain('no mediasoup');
    expect(host.server.sessions).toBe(1);
  });

  test.each(['wrong secret', 'id of another session', 'unknown id'])(
    'a resume with a %s is a session of its own, and the other is not touched',
    async (what) => {
      const welcomes: Welcome[] = [];
      const host = await countingHost({ resumeWindow: 50, wrap: (end) => hearing(end, welcomes) });
      const worker = await host.mediasoup.createWorker();
      const own = new RawSession(host.stranger()[0]);
      const { session: ownKey } = await own.greet();
      const { id, secret } = (welcomes[0] as Welcome).session;
      const stranger = new RawSession(host.stranger()[0]);
      const claim = {
        'wrong secret': { id, secret: ownKey.secret },
        'id of another session': { id: ownKey.id, secret },
        'unknown id': { id: 'x', secret },
      }[what] as { id: string; secret: string };
      const welcome = await stranger.greet({ ...claim, received: 0 });

      expect(welcome.resumed).toBe(false);
      expect([id, ownKey.id]).not.toContain(welcome.session.id);
      expect(host.server.sessions).toBe(3);
      stranger.close();
      own.close();
      await until('the end of both', () => host.server.sessions === 1);
      expect(worker.closed).toBe(false);
      expect(await host.client.getStats()).toBe(1);
      expect(host.events).toEqual(['connected', 'mediasoup']);
    },
  );
});

describe('the client is closed', () => {
  const settled = async (host: MemoryHost) => {
    await until('the close event', () => host.events.includes('close'));
    expect(host.client.readyState).toBe(CLOSED);
    expect(host.client.mediasoup).toBeUndefined();
    await until('the end of every session', () => host.server.sessions === 0);

    const { attempts } = host;

    // Longer than any delay between attempts: there must be none.
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(host.attempts).toBe(attempts);
    expect(host.client.readyState).toBe(CLOSED);
    expect(host.events.filter((event) => event === 'close')).toHaveLength(1);
    await expect(host.client.getStats()).rejects.toMatchObject({ name: 'ClientClosedError' });
  };
  /** What a call that waits comes to when the client is closed. */
  const waiting = (host: MemoryHost) => {
    const call = host.client.getStats();

    call.catch(() => undefined);

    return call;
  };

  test('while it dials', async () => {
    let answer = () => {};
    const host = new MemoryHost({
      resumeWindow: 600,
      beforeDial: () => new Promise<void>((resolve) => (answer = resolve)),
    });
    const call = waiting(host);

    host.client.close();
    await once(host.client, 'close');
    answer();
    await expect(call).rejects.toMatchObject({ name: 'ClientClosedError' });
    await settled(host);
  });

  test('before its hello is answered', async () => {
    const host = new MemoryHost({
      resumeWindow: 600,
      onConnection: ({ server }) =>
        void server
          .fence()
          .reached()
          .then(() => host.client.close()),
    });
    const call = waiting(host);

    await expect(call).rejects.toMatchObject({ name: 'ClientClosedError' });
    await settled(host);
    expect(host.events).toEqual(['close']);
  });

  test('before its resume is answered', async () => {
    const host = await countingHost({ resumeWindow: 600 });
    const worker = await host.mediasoup.createWorker();

    await host.detach();

    const call = waiting(host);
    const router = worker.createRouter();

    router.catch(() => undefined);
    host.onConnection = ({ server }) =>
      void server
        .fence()
        .reached()
        .then(() => host.client.close());
    host.unreachable = false;
    await expect(call).rejects.toMatchObject({ name: 'SessionLostError' });
    await expect(router).rejects.toMatchObject({ name: 'WorkerClosedError' });
    await settled(host);
    expect(worker).toMatchObject({ closed: true, died: false });
  });

  test('while it waits for the next attempt', async () => {
    const host = await countingHost({
      resumeWindow: 600,
      client: { minRedialDelay: 5000, maxRedialDelay: 5000 },
    });
    const worker = await host.mediasoup.createWorker();

    await host.detach();
    host.client.close();
    await settled(host);
    expect(worker.closed).toBe(true);
  });

  test.each(['connected', 'disconnected', 'mediasoup'] as const)(
    'by a listener of its %s',
    async (event) => {
      const host = new MemoryHost({ resumeWindow: 600 });

      host.client.once(event, () => host.client.close());
      await until('a connection', () => host.events.includes('connected'));
      host.connection.client.close('cut');
      await settled(host);
      expect(host.events.filter((name) => name === 'mediasoup').length).toBeLessThanOrEqual(1);
    },
  );

  test.each(['died', 'mediasoup undefined'])(
    'by a listener of %s, in the middle of a handshake that ends one session and begins another',
    async (event) => {
      const host = await countingHost({ resumeWindow: 20 });
      const worker = await host.mediasoup.createWorker();
      let stillThere: Link | undefined;

      if (event === 'died') {
        worker.on('died', () => host.client.close());
      } else {
        host.client.on('mediasoup', (object) => object ?? host.client.close());
      }
      // The client believes in its link longer than the server keeps the session.
      await host.halfOpen(() => host.server.sessions === 0);
      host.onConnection = ({ client }) => (stillThere = client);
      await settled(host);
      expect(worker).toMatchObject({ closed: true, died: true });
      expect(host.events.filter((name) => name === 'no mediasoup')).toHaveLength(1);
      expect(stillThere).toBeDefined();
    },
  );

  test('and opened again at once', async () => {
    const host = await countingHost();
    const worker = await host.mediasoup.createWorker();

    host.client.close();
    host.client.open();
    await once(host.client, 'close');
    expect(host.client.readyState).not.toBe(CLOSED);
    await until('mediasoup again', () => host.events.filter((e) => e === 'mediasoup').length === 2);
    expect(host.client.readyState).toBe(CONNECTED);
    expect(worker.closed).toBe(true);
    expect(await host.client.getStats()).toBe(1);
    await until('the end of the first session', () => host.server.sessions === 1);
  });
});

/** Ends a link when the server has said welcome and `silent` is about to say its first word. */
function cutAfterWelcome(
  silent: MemoryHost['connection']['client'],
  server: MemoryHost['connection']['client'],
  cut: () => void,
): void {
  const welcome = server.fence();

  void welcome.reached().then(async () => {
    const firstWord = silent === server ? undefined : silent.fence();

    welcome.release();
    await firstWord?.reached();
    cut();
  });
}

/** A link whose first frames, those of clients, are kept. */
function listening(end: Link, hellos: Buffer[]): Link {
  const send = end.send.bind(end);

  end.send = (frame) => {
    if (decodeFrame(frame, false).messages[0]?.[0] === MessageType.hello) {
      hellos.push(frame);
    }
    send(frame);
  };

  return end;
}

/** A link whose welcomes are read. */
function hearing(end: Link, welcomes: Welcome[]): Link {
  const send = end.send.bind(end);

  end.send = (frame) => {
    const [message] = decodeFrame(frame, false).messages;

    if (message?.[0] === MessageType.welcome) {
      welcomes.push(message[1]);
    }
    send(frame);
  };

  return end;
}
