import { apiVersion } from '@tureen/protocol';
import {
  RemoteMediasoupClient,
  version as clientVersion,
  VersionMismatchError,
} from '@tureen/remote-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ObservedClient } from './support/clients.js';
import { ObservedDaemon } from './support/ObservedDaemon.js';
import { goodHello, RawClient } from './support/RawClient.js';
import { frameOf, ScriptedServer, welcomeFrame } from './support/ScriptedServer.js';
import { sessionsLeft } from './support/sessionsLeft.js';

const quick = { minRedialDelay: 10, maxRedialDelay: 20 };

describe('a server of another version', () => {
  test.each<[string, object, RegExp]>([
    [
      'another major of mediasoup',
      { mediasoup: '4.0.0', server: '9.9.9' },
      new RegExp(`mediasoup ${apiVersion}.*9\\.9\\.9.*mediasoup 4\\.0\\.0`),
    ],
    [
      'another API table',
      { fingerprint: 'other', server: '9.9.9' },
      new RegExp(`${clientVersion}.*${apiVersion}.*9\\.9\\.9`),
    ],
  ])('%s: an error that names both, and no second attempt', async (_what, changes, message) => {
    const server = await ScriptedServer.start((socket) => socket.send(welcomeFrame(changes)));
    const observed = new ObservedClient(server.url, quick);

    await observed.saw('close');
    expect(observed.events).toEqual(['error', 'close']);
    expect(observed.errors[0]).toBeInstanceOf(VersionMismatchError);
    expect(observed.errors[0]?.message).toMatch(message);
    expect(observed.client.readyState).toBe(RemoteMediasoupClient.CLOSED);
    expect(server.sockets).toHaveLength(1);
  });

  test('another minor is a warning, once', async () => {
    const warnings: string[] = [];
    const warned = (warning: Error): number => warnings.push(`${warning.name} ${warning.message}`);

    process.on('warning', warned);
    try {
      const server = await ScriptedServer.start((socket) =>
        socket.send(welcomeFrame({ mediasoup: '3.99.0' })),
      );
      const observed = await ObservedClient.connect(server.url, quick);

      expect(observed.mediasoup.version).toBe('3.99.0');
      server.sockets[0]?.terminate();
      await observed.saw('mediasoup', 2);
      await observed.close();
    } finally {
      process.off('warning', warned);
    }
    expect(warnings).toEqual([expect.stringMatching(/3\.99\.0.*3\.27\.1/)]);
  });

  test.each<[string, Buffer]>([
    ['nothing that can be decoded', Buffer.from('nonsense')],
    ['half a frame', welcomeFrame().subarray(0, -3)],
    ['a reply', frameOf(12, 1, null)],
    ['an empty frame', frameOf().subarray(0, 3)],
    ['a welcome of nothing', frameOf(10, null)],
    ['a refusal of nothing', frameOf(11, null)],
    ['a session that nobody asked to resume', welcomeFrame({ resumed: true })],
  ])('a server that begins with %s is an error, and tried again', async (_what, frame) => {
    const server = await ScriptedServer.start((socket) => socket.send(frame));
    const observed = new ObservedClient(server.url, quick);

    await observed.saw('error');
    expect(observed.errors[0]?.name).toMatch(/^(ConnectionError|ProtocolError)$/);
    await expect.poll(() => server.sockets.length, { timeout: 10_000 }).toBeGreaterThan(2);
    await observed.close();
    expect(observed.events).toEqual(['error', 'close']);
  });

  test('a refusal is an error of its kind', async () => {
    const server = await ScriptedServer.start((socket) =>
      socket.send(frameOf(11, { name: 'VersionMismatchError', message: 'you are too old' })),
    );
    const observed = new ObservedClient(server.url, quick);

    await observed.saw('close');
    expect(observed.errors[0]).toBeInstanceOf(VersionMismatchError);
    expect(observed.errors[0]?.message).toContain('you are too old');
  });
});

describe('a server that breaks the protocol after its welcome', () => {
  test.each<[string, (Buffer | string)[]]>([
    ['nonsense', [Buffer.from('nonsense')]],
    ['text', ['hello']],
    ['a gap', [Buffer.from([0x92, 0x05, 0x00])]],
    ['a message of no known type', [frameOf(99, 1)]],
    ['a call', [frameOf(1, 1, 0, 'getStats', [])]],
    ['a patch of nothing', [frameOf(14, 1, null)]],
    ['an event without arguments', [frameOf(15, 1, 'died')]],
    ['a reply to nothing', [frameOf(12, 99, null)]],
    ['a failure of nothing', [frameOf(13, 99, null)]],
    ['a release of nothing', [frameOf(17, 99)]],
    ['a log line of nothing', [frameOf(18)]],
    ['a log line at no level', [frameOf(18, '__proto__', 'a:b', 'text')]],
  ])('%s harms nothing but the session', async (_what, frames) => {
    const server = await ScriptedServer.start((socket) => {
      socket.send(welcomeFrame());
      if (server.sockets.length === 1) frames.forEach((frame) => socket.send(frame));
      socket.close(1000);
    });
    const observed = new ObservedClient(server.url, quick);

    // Whatever it was, the next connection works.
    await observed.saw('mediasoup', 2);
    await observed.close();
    expect(observed.errors).toEqual([]);
  });
});

describe('a client of another version', () => {
  let daemon: ObservedDaemon;

  beforeAll(async () => {
    daemon = await ObservedDaemon.startForFile(['--health-port', '0']);
  });

  afterAll(async () => {
    await sessionsLeft(daemon, 0);
    await daemon.endCleanly();
    expect(daemon.sessionsAtEnd).toBe(0);
  });

  test.each<[string, object, RegExp]>([
    [
      'another major of mediasoup',
      { ...goodHello, api: '4.0.0', client: '9.9.9' },
      new RegExp(`mediasoup ${apiVersion}.*9\\.9\\.9.*mediasoup 4\\.0\\.0`),
    ],
    [
      'another API table',
      { ...goodHello, fingerprint: 'other', client: '9.9.9' },
      new RegExp(`mediasoup ${apiVersion}.*9\\.9\\.9.*mediasoup ${apiVersion}`),
    ],
    ['no version', { ...goodHello, api: undefined }, /undefined/],
  ])('%s is refused with an error that names both', async (_what, hello, message) => {
    const client = await RawClient.connect(daemon.url);

    client.hello(hello);
    await client.closedByServer();
    expect(client.messages).toMatchObject([
      [11, { name: 'VersionMismatchError', message: expect.stringMatching(message) }],
    ]);
  });
});
