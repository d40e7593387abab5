import { once } from 'node:events';
import { encodeFrame, MessageType } from '@tureen/protocol';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { RemoteServer, WebSocketListener } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs, receiverCapabilities } from '../support/media.js';
import { exists, ObservedDaemon } from './support/ObservedDaemon.js';
import { encode, RawClient } from './support/RawClient.js';
import { sessionsLeft } from './support/sessionsLeft.js';

/*
 * Whatever one client sends, the daemon answers by error or closes that connection, and the
 * session of another client goes on as if nothing had happened.
 */

let daemon: ObservedDaemon;
let bystander: {
  client: RemoteMediasoupClient;
  disconnections: string[];
  worker: types.Worker;
  router: types.Router;
};

beforeAll(async () => {
  daemon = await ObservedDaemon.startForFile([
    ...['--log-level', 'info', '--resume-window', '1', '--health-port', '0'],
  ]);

  const client = new RemoteMediasoupClient(daemon.url);
  const [remote] = (await once(client, 'mediasoup')) as [types.Index];
  const worker = await remote.createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const disconnections: string[] = [];

  client.on('disconnected', (reason) => disconnections.push(reason));
  bystander = { client, disconnections, worker, router };
});

afterAll(async () => {
  expect(bystander.disconnections).toEqual([]);
  await expect(bystander.router.dump()).resolves.toMatchObject({ id: bystander.router.id });
  await until('the workers of others to go', () => daemon.workers.length === 1);
  expect(daemon.workers).toEqual([bystander.worker.pid]);
  // What was hostile has left no session behind.
  await sessionsLeft(daemon, 1);
  await daemon.endCleanly();
  expect(daemon.sessionsAtEnd).toBe(1);
  bystander.client.close();
});

/** The daemon is the one that was started, and the other session lives. */
async function unharmed(): Promise<void> {
  expect(daemon.hasEnded, daemon.stderr).toBe(false);
  await expect(bystander.worker.dump()).resolves.toMatchObject({ pid: bystander.worker.pid });
  expect(bystander.router.closed).toBe(false);
}

const helloFrame = (...values: Buffer[]): Buffer =>
  Buffer.concat([encode([0, 0] as const), ...values]);
const nested = (depth: number): Buffer =>
  Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])]);
const notAString = { toString: 1, valueOf: 1 };

describe('before hello', () => {
  test.each<[string, Buffer | string]>([
    ['nothing at all', Buffer.alloc(0)],
    ['nonsense', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a text message', 'hello'],
    ['a call', encodeFrame(1, 0, [encode([1, 1, 0, 'createWorker', [{}], 1])])],
    ['a call outside of the sequence', encodeFrame(0, 0, [encode([1, 1, 0, 'getStats', []])])],
    [
      'a call after a refused hello',
      encodeFrame(0, 0, [encode([0, {}]), encode([1, 1, 0, 'createWorker', [{}], 1])]),
    ],
    ['a hello of nothing', helloFrame(encode([0]))],
    ['a hello of null', helloFrame(encode([0, null]))],
    ['a hello of text', helloFrame(encode([0, 'hello']))],
    ['a hello of a list', helloFrame(encode([0, []]))],
    ['a numbered hello', encodeFrame(1, 0, [encode([0, {}])])],
    ['a hello that cannot be shown', helloFrame(encode([0, { client: notAString, api: '9' }]))],
    ['an API that cannot be shown', helloFrame(encode([0, { api: notAString }]))],
    ['a session of nothing', helloFrame(encode([0, { resume: null }]))],
    ['a session that is none', helloFrame(encode([0, { resume: { id: 1, secret: 2 } }]))],
    ['an endless nest', nested(1_000_000)],
    ['a large count', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['a large length', Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff])],
    ['an extension', Buffer.from([0xc7, 0x01, 0x65, 0x90])],
    ['half a frame', encodeFrame(0, 0, [encode([0, {}])]).subarray(0, -1)],
  ])('%s closes the connection', async (_what, frame) => {
    const client = await RawClient.connect(daemon.url);
    const workers = daemon.workers;

    client.sendRaw(frame);
    await client.closedByServer();
    expect(client.welcome).toBeUndefined();
    expect(daemon.workers).toEqual(workers);
    await unharmed();
  });
});

describe('after hello', () => {
  test.each<[string, (client: RawClient) => void]>([
    ['nonsense', (client) => client.sendRaw(Buffer.from('nonsense'))],
    ['a text message', (client) => client.sendRaw('hello')],
    ['an empty frame', (client) => client.sendRaw(Buffer.alloc(0))],
    [
      'half a frame',
      (client) => client.sendRaw(encodeFrame(1, 0, [encode([1, 1])]).subarray(0, 5)),
    ],
    ['a gap in the sequence', (client) => client.sendRaw(encodeFrame(2, 0, [encode([1, 1])]))],
    ['a sequence beyond counting', (client) => client.sendRaw(encodeFrame(2 ** 52, 0, []))],
    ['a negative sequence', (client) => client.sendRaw(encodeFrame(-1, 0, []))],
    ['a sequence of text', (client) => client.sendRaw(encode(['1', '0']))],
    [
      'an acknowledgement of what was never sent',
      (client) => client.sendRaw(encodeFrame(0, 1e9, [])),
    ],
    ['a second hello', (client) => client.send([MessageType.hello, {}])],
    ['a message that only servers send', (client) => client.send([MessageType.reply, 1, null])],
    ['a message of no known type', (client) => client.send([99])],
    ['a message of a negative type', (client) => client.send([-1])],
    ['a message that is a number', (client) => client.sendEncoded(Buffer.from([7]))],
    ['a message without a type', (client) => client.send([])],
    ['a call without an id', (client) => client.send([1])],
    ['a call with a name for an id', (client) => client.send([1, 'one', 0, 'getStats', []])],
    ['a call without a method', (client) => client.send([1, 1, 0])],
    ['a call of a method that is no name', (client) => client.beginCall(0, 5)],
    ['a call of a list of methods', (client) => client.beginCall(0, ['getStats'])],
    ['a call whose method cannot be shown', (client) => client.beginCall(0, notAString)],
    ['a call without arguments', (client) => client.send([1, 1, 0, 'getStats'])],
    ['a call with an object for arguments', (client) => client.beginCall(0, 'getStats', {})],
    ['a creation without a handle', (client) => client.beginCall(0, 'createWorker', [{}])],
    ['a creation of handle 0', (client) => client.beginCall(0, 'createWorker', [{}], 0)],
    ['a creation of half a handle', (client) => client.beginCall(0, 'createWorker', [{}], 1.5)],
    ['a creation of a named handle', (client) => client.beginCall(0, 'createWorker', [{}], 'one')],
    [
      'a creation of a handle that cannot be shown',
      (client) => client.beginCall(0, 'createWorker', [{}], notAString),
    ],
    ['a notification of nothing', (client) => client.send([2, 0, 'close', []], [2, 0, 5, []], [9])],
    ['an endless nest', (client) => client.sendEncoded(nested(1_000_000))],
    ['a nest one level too deep', (client) => client.sendEncoded(nested(33))],
    ['a large count', (client) => client.sendEncoded(Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]))],
    ['a date', (client) => client.sendEncoded(Buffer.from([0x92, 1, 0xd6, 0xff, 0, 0, 0, 0]))],
    ['an error', (client) => client.sendEncoded(Buffer.from([0x92, 1, 0xc7, 0x01, 0x65, 0x90]))],
    [
      'a record',
      (client) =>
        client.sendEncoded(Buffer.from([0x92, 1, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01])),
    ],
    ['more than a message may hold', (client) => client.sendRaw(Buffer.alloc(5 * 1024 * 1024))],
  ])('%s closes the connection and ends the session', async (_what, misbehave) => {
    const client = await RawClient.greet(daemon.url);

    // Something to lose.
    await client.call(0, 'createWorker', [{}], 1);

    const [pid] = daemon.workers.filter((worker) => worker !== bystander.worker.pid);

    misbehave(client);
    await client.closedByServer();
    await until('its worker to go', () => pid !== undefined && !exists(pid));
    await unharmed();
  });

  test.each<[string, (client: RawClient) => void]>([
    ['a frame of before', (client) => client.sendRaw(encodeFrame(1, 0, [encode([99])]))],
    ['a notification to nothing', (client) => client.notify(99, 'send', [Buffer.from('x')])],
    ['a notification to the module', (client) => client.notify(0, 'close')],
    ['a listening to nothing', (client) => client.send([3, 99, 'trace', false, true])],
    ['a listening to no event', (client) => client.send([3, 1, 'constructor', false, true])],
    ['a listening to what is no name', (client) => client.send([3, 1, 5, false, true])],
    [
      'a listening for good to what is not of high rate',
      (client) => client.send([3, 1, 'died', false, false]),
    ],
    ['an answer for a handle that is no number', (client) => client.notify('1', 'close')],
  ])('%s changes nothing', async (_what, misbehave) => {
    const client = await RawClient.greet(daemon.url);

    await client.call(0, 'createWorker', [{}], 1);
    misbehave(client);
    await expect(client.call(1, 'dump')).resolves.toMatchObject({ pid: expect.any(Number) });
    await unharmed();
    client.send([MessageType.goodbye]);
    await client.closedByServer();
  });

  test('an event that cannot be shown is no reason to fall', async () => {
    const client = await RawClient.greet(daemon.url);

    await client.call(0, 'createWorker', [{}], 1);
    client.send([3, 1, notAString, false, true]);
    // Either answer will do.
    await client.call(1, 'dump').catch(() => undefined);
    await unharmed();
  });
});

describe('calls that make no sense', () => {
  let client: RawClient;

  /** Handles 1 to 4: worker, router, direct transport, plain transport; 5: a producer on it. */
  async function furnish(): Promise<void> {
    client = await RawClient.greet(daemon.url);
    await client.call(0, 'createWorker', [{}], 1);
    await client.call(1, 'createRouter', [{ mediaCodecs }], 2);
    await client.call(2, 'createDirectTransport', [{}], 3);
    await client.call(2, 'createPlainTransport', [{ listenInfo: loopback }], 4);
    await client.call(4, 'produce', [audioProducer(1)], 5);
  }

  test.each([
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '__defineGetter__',
    'prototype',
    '',
    'nothing',
    'close',
    'on',
    'emit',
    'removeAllListeners',
    'observer',
    'closed',
    'workerClosed',
    'workerDied',
    'channelForTesting',
    'pipeToRouter',
    'canConsume',
  ])('method "%s" is not there', async (method) => {
    await furnish();
    for (const handle of [0, 1, 2, 3, 4, 5]) {
      await expect(client.call(handle, method, [], 77)).rejects.toMatchObject({
        name: 'UnsupportedError',
      });
    }
    await expect(client.call(99, method)).rejects.toMatchObject({ name: 'NotFoundError' });
    await expect(client.call(1, 'dump')).resolves.toMatchObject({});
    await unharmed();
    client.send([MessageType.goodbye]);
  });

  test.each<[string, unknown]>([
    ['a number', 5],
    ['text', '1'],
    ['null', null],
    ['a list', [1]],
    ['an object', { $handle: 1 }],
    ['nothing known', 12345],
    ['a negative number', -1],
    ['not a number', NaN],
  ])('handle %s is not there', async (_what, handle) => {
    await furnish();

    const known = handle === 5;

    await expect(client.call(handle, 'createRouter', [{}], 50)).rejects.toMatchObject({
      name: known ? 'UnsupportedError' : 'NotFoundError',
    });
    await unharmed();
    client.send([MessageType.goodbye]);
  });

  test('a handle that is occupied ends the session', async () => {
    await furnish();
    await expect(client.call(1, 'createRouter', [{}], 2)).rejects.toThrow(/closed.*handle 2/);
    await unharmed();
  });

  test('a handle that was occupied by a closed object ends the session', async () => {
    await furnish();
    client.notify(2, 'close');
    await until('the router to be released', () => client.released.includes(2));
    await expect(client.call(1, 'createRouter', [{}], 2)).rejects.toThrow(/closed.*handle 2/);
    await unharmed();
  });

  test('two objects that want one handle at once: one of them gets it', async () => {
    await furnish();

    const ids = client.beginCalls([0, 1].map(() => [1, 'createRouter', [{}], 20]));
    const outcomes = await Promise.allSettled(ids.map((id) => client.answer(id)));

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(client.call(1, 'dump')).resolves.toMatchObject({
      // The other one has been closed again.
      routerIds: { length: 2 },
    });
    await unharmed();
    client.send([MessageType.goodbye]);
  });

  const wrong: unknown[] = [
    undefined,
    null,
    0,
    -1,
    NaN,
    Infinity,
    'text',
    true,
    [],
    {},
    [[[]]],
    { length: 1 },
    notAString,
    Buffer.from('bytes'),
    2n ** 60n,
  ];
  const methods: [number, string, string[]][] = [
    [0, 'createWorker', ['logLevel', 'logTags', 'rtcMinPort', 'rtcMaxPort', 'appData']],
    [1, 'createRouter', ['mediaCodecs', 'appData']],
    [1, 'createWebRtcServer', ['listenInfos', 'appData']],
    [1, 'updateSettings', ['logLevel', 'logTags']],
    [2, 'createWebRtcTransport', ['listenInfos', 'webRtcServer', 'listenIps', 'port', 'enableUdp']],
    [2, 'createWebRtcTransport', ['initialAvailableOutgoingBitrate', 'iceConsentTimeout']],
    [2, 'createPlainTransport', ['listenInfo', 'rtcpListenInfo', 'maxSendMessageSize']],
    [2, 'createPipeTransport', ['listenInfo', 'listenIp', 'enableRtx', 'enableSctp']],
    [2, 'createDirectTransport', ['maxMessageSize', 'appData']],
    [2, 'createActiveSpeakerObserver', ['interval']],
    [2, 'createAudioLevelObserver', ['maxEntries', 'threshold', 'interval']],
    [4, 'connect', ['ip', 'port', 'rtcpPort', 'srtpParameters']],
    [4, 'produce', ['id', 'kind', 'rtpParameters', 'paused', 'keyFrameRequestDelay']],
    [3, 'consume', ['producerId', 'rtpCapabilities', 'mid', 'preferredLayers', 'ignoreDtx']],
    [3, 'produceData', ['id', 'sctpStreamParameters', 'label', 'protocol', 'paused']],
    [3, 'consumeData', ['dataProducerId', 'ordered', 'maxPacketLifeTime', 'subchannels']],
    [4, 'setMaxIncomingBitrate', []],
    [4, 'enableTraceEvent', []],
    [5, 'enableTraceEvent', []],
  ];
  const good: Record<string, object> = {
    produce: audioProducer(2),
    consume: { rtpCapabilities: receiverCapabilities },
    createPlainTransport: { listenInfo: loopback },
    createPipeTransport: { listenInfo: loopback },
    createWebRtcTransport: { listenInfos: [loopback] },
    createWebRtcServer: { listenInfos: [loopback] },
  };

  test.each(methods)(
    '%i.%s() takes no harm from wrong arguments',
    async (handle, method, options) => {
      await furnish();

      const { id } = (await client.call(5, 'dump')) as { id: string };
      const base = { ...good[method], ...(method === 'consume' ? { producerId: id } : {}) };
      const lists = [
        ...wrong.map((value) => [value]),
        ...options.flatMap((option) => wrong.map((value) => [{ ...base, [option]: value }])),
        [],
      ];
      const before = client.messages.length;

      // Some at a time: a daemon that starts as many workers at once as there are is deaf meanwhile.
      for (let first = 0; first < lists.length; first += 15) {
        const calls = lists
          .slice(first, first + 15)
          .map((args, index) => client.beginCall(handle, method, args, 1000 + first + index));

        await Promise.allSettled(calls.map((call) => client.answer(call)));
      }
      expect(client.messages.length).toBeGreaterThanOrEqual(before + lists.length);
      expect(client.closed).toBeUndefined();
      await unharmed();
      // The end of the session ends every worker of it, whatever state its channel is in.
      client.send([MessageType.goodbye]);
      await until('its workers to go', () => daemon.workers.length === 1);
      await unharmed();
    },
    60_000,
  );

  test.each<[string, unknown[]]>([
    ['a list of numbers', [[1, 2]]],
    ['an object with a huge length', [{ length: 500_000_000 }]],
    ['an object that cannot be shown', [[notAString]]],
    ['a long integer', [[2n ** 60n]]],
  ])('a channel that took %s for subchannels can still be closed', async (_what, args) => {
    await furnish();
    await client.call(3, 'produceData', [{ label: 'x' }], 6);

    const { id } = (await client.call(6, 'dump')) as { id: string };

    await client.call(3, 'consumeData', [{ dataProducerId: id }], 7);
    await client.call(7, 'setSubchannels', args).catch(() => undefined);
    await client
      .call(3, 'consumeData', [{ dataProducerId: id, subchannels: args[0] }], 8)
      .catch(() => undefined);
    await unharmed();
    client.notify(3, 'close');
    client.notify(2, 'close');
    client.notify(1, 'close');
    await until('its worker to go', () => daemon.workers.length === 1);
    await unharmed();
    client.send([MessageType.goodbye]);
  });
});

describe('a worker whose channel mediasoup has broken', () => {
  /** A session with a worker that takes no message any more, whatever it is. */
  async function breakWorker() {
    const server = new RemoteServer({ mediasoup });
    const listener = new WebSocketListener(server, { port: 0 });
    const url = await listener.listen();
    const client = await RawClient.greet(url);
    const appeared = once(mediasoup.observer, 'newworker');

    await client.call(0, 'createWorker', [{}], 1);

    const [worker] = (await appeared) as [types.Worker];
    const announced = once(worker.observer, 'newrouter');

    await client.call(1, 'createRouter', [{ mediaCodecs }], 2);

    const [router] = (await announced) as [types.Router];
    const transport = await router.createDirectTransport();
    const producing = transport.produce({
      ...audioProducer(1),
      keyFrameRequestDelay: notAString as unknown as number,
    });

    await expect(producing).rejects.toThrow(TypeError);
    await expect(worker.dump()).rejects.toThrow(/nested/);

    return { server, listener, client, pid: worker.pid, another: () => RawClient.greet(url) };
  }

  test('ends with its session', async () => {
    const { server, listener, client, pid } = await breakWorker();

    client.send([MessageType.goodbye]);
    await client.closedByServer();
    await until('its process to go', () => !exists(pid));
    await until('the session to end', () => server.sessions === 0);
    await server.close();
    await listener.close();
  });

  test('ends when it is closed, and its session goes on', async () => {
    const { server, listener, client, pid } = await breakWorker();

    client.notify(2, 'close');
    client.notify(1, 'close');
    await until('its process to go', () => !exists(pid));
    await client.call(0, 'createWorker', [{}], 10);
    await expect(client.call(10, 'dump')).resolves.toMatchObject({});
    await server.close();
    await listener.close();
  });
});
