import { MessageType } from '@tureen/protocol';
import { SessionLostError, SettingRefusedError } from '@tureen/remote-client';
import * as local from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { nextEvent, until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs } from '../support/media.js';
import { makeRoom, ObservedClient, type Room } from './support/clients.js';
import { exists, ObservedDaemon } from './support/ObservedDaemon.js';
import { RawClient } from './support/RawClient.js';
import { sessionsLeft } from './support/sessionsLeft.js';

let daemon: ObservedDaemon;

beforeAll(async () => {
  daemon = await ObservedDaemon.startForFile([
    ...['--log-level', 'info', '--resume-window', '1', '--health-port', '0'],
  ]);
});

afterAll(async () => {
  await until('all workers to go', () => daemon.workers.length === 0);
  await sessionsLeft(daemon, 0);
  await daemon.endCleanly();
  expect(daemon.sessionsAtEnd).toBe(0);
});

/** What a call came to, without what differs from run to run. */
async function outcome(call: () => unknown): Promise<string> {
  try {
    return `gave ${typeof (await call())}`;
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

/** A call of every method of a room, each as an application that is late would make it. */
const lateCalls: [string, (room: Room) => unknown][] = [
  ['worker.dump', ({ worker }) => worker.dump()],
  ['worker.getResourceUsage', ({ worker }) => worker.getResourceUsage()],
  ['worker.updateSettings', ({ worker }) => worker.updateSettings({ logLevel: 'warn' })],
  ['worker.createRouter', ({ worker }) => worker.createRouter({ mediaCodecs })],
  [
    'worker.createWebRtcServer',
    ({ worker }) => worker.createWebRtcServer({ listenInfos: [loopback] }),
  ],
  ['router.dump', ({ router }) => router.dump()],
  [
    'router.createPlainTransport',
    ({ router }) => router.createPlainTransport({ listenInfo: loopback }),
  ],
  [
    'router.createWebRtcTransport',
    ({ router }) => router.createWebRtcTransport({ listenInfos: [loopback] }),
  ],
  [
    'router.createPipeTransport',
    ({ router }) => router.createPipeTransport({ listenInfo: loopback }),
  ],
  ['router.createDirectTransport', ({ router }) => router.createDirectTransport()],
  ['router.createAudioLevelObserver', ({ router }) => router.createAudioLevelObserver()],
  ['router.createActiveSpeakerObserver', ({ router }) => router.createActiveSpeakerObserver()],
  [
    'router.canConsume',
    ({ router, producer }) =>
      router.canConsume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities }),
  ],
  ['router.updateMediaCodecs', ({ router }) => router.updateMediaCodecs(mediaCodecs)],
  ['transport.dump', ({ transport }) => transport.dump()],
  ['transport.getStats', ({ transport }) => transport.getStats()],
  ['transport.connect', ({ transport }) => transport.connect({ ip: '127.0.0.1', port: 1234 })],
  ['transport.setMaxIncomingBitrate', ({ transport }) => transport.setMaxIncomingBitrate(1e6)],
  ['transport.enableTraceEvent', ({ transport }) => transport.enableTraceEvent(['probation'])],
  ['transport.produce', ({ transport }) => transport.produce(audioProducer(2222))],
  [
    'transport.consume',
    ({ transport, producer, router }) =>
      transport.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities }),
  ],
  ['receiver.produceData', ({ receiver }) => receiver.produceData()],
  ['receiver.consumeData', ({ receiver }) => receiver.consumeData({ dataProducerId: 'nothing' })],
  ['receiver.sendRtcp', ({ receiver }) => receiver.sendRtcp(Buffer.from('x'))],
  ['receiver.sendRtcp of text', ({ receiver }) => receiver.sendRtcp('x' as unknown as Buffer)],
  ['producer.dump', ({ producer }) => producer.dump()],
  ['producer.getStats', ({ producer }) => producer.getStats()],
  ['producer.pause', ({ producer }) => producer.pause()],
  ['producer.resume', ({ producer }) => producer.resume()],
  ['producer.enableTraceEvent', ({ producer }) => producer.enableTraceEvent(['rtp'])],
  ['producer.send', ({ producer }) => producer.send(Buffer.from('x'))],
  ['consumer.dump', ({ consumer }) => consumer.dump()],
  ['consumer.getStats', ({ consumer }) => consumer.getStats()],
  ['consumer.pause', ({ consumer }) => consumer.pause()],
  ['consumer.resume', ({ consumer }) => consumer.resume()],
  [
    'consumer.setPreferredLayers',
    ({ consumer }) => consumer.setPreferredLayers({ spatialLayer: 0 }),
  ],
  [
    'consumer.setPreferredLayers of nothing',
    ({ consumer }) => consumer.setPreferredLayers({} as types.ConsumerLayers),
  ],
  ['consumer.setPriority', ({ consumer }) => consumer.setPriority(2)],
  ['consumer.unsetPriority', ({ consumer }) => consumer.unsetPriority()],
  ['consumer.requestKeyFrame', ({ consumer }) => consumer.requestKeyFrame()],
  ['consumer.enableTraceEvent', ({ consumer }) => consumer.enableTraceEvent(['rtp'])],
];

describe('calls on objects that have closed behave as mediasoup’s', () => {
  test.each<[string, (room: Room) => void]>([
    ['the consumer', ({ consumer }) => consumer.close()],
    ['the producer', ({ producer }) => producer.close()],
    ['the transport', ({ transport }) => transport.close()],
    ['the router', ({ router }) => router.close()],
    ['the worker', ({ worker }) => worker.close()],
  ])('after close() of %s', async (_what, close) => {
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const rooms = [await makeRoom(local), await makeRoom(mediasoup)];
    const outcomes: Record<string, string>[] = [];

    onTestFinished(() => rooms.forEach(({ worker }) => worker.close()));
    for (const room of rooms) {
      close(room);

      const calls = lateCalls.map(async ([name, call]) => [name, await outcome(() => call(room))]);

      outcomes.push(Object.fromEntries(await Promise.all(calls)) as Record<string, string>);
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    // Or the comparison says nothing.
    expect(new Set(Object.values(outcomes[0]!)).size).toBeGreaterThan(1);
    rooms[0]!.worker.close();
    if (!rooms[0]!.worker.subprocessClosed) await nextEvent(rooms[0]!.worker, 'subprocessclose');
  });

  test('after the worker was killed', async () => {
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const rooms = [await makeRoom(local), await makeRoom(mediasoup)];
    const outcomes: Record<string, string>[] = [];

    for (const room of rooms) {
      const died = nextEvent(room.worker, 'died');

      process.kill(room.worker.pid, 'SIGKILL');
      await died;

      const calls = lateCalls.map(async ([name, call]) => [name, await outcome(() => call(room))]);

      outcomes.push(Object.fromEntries(await Promise.all(calls)) as Record<string, string>);
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  test('after the session was lost, as after the death of the worker', async () => {
    const observed = await ObservedClient.connect(daemon.url);
    const room = await makeRoom(observed.mediasoup);
    const dead = await makeRoom(local);
    const died = nextEvent(dead.worker, 'died');

    process.kill(dead.worker.pid, 'SIGKILL');
    await died;
    observed.client.close();

    for (const [name, call] of lateCalls) {
      const asDead = await outcome(() => call(dead));
      // Where mediasoup looks at the arguments first, nobody is left who could.
      const allowed = asDead.startsWith('gave') ? [asDead] : [asDead, 'WorkerClosedError'];

      expect(allowed, name).toContain(await outcome(() => call(room)));
    }
    await expect(room.worker.dump()).rejects.toMatchObject({
      cause: expect.any(SessionLostError),
    });
  });

  test('close() is silent however often it is called, at every level', async () => {
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const room = await makeRoom(mediasoup);
    const objects = [room.consumer, room.producer, room.transport, room.receiver, room.router];
    const closes = objects.map((object) => {
      let count = 0;

      (object as types.Router).observer.on('close', () => (count += 1));

      return () => count;
    });

    for (const object of objects) {
      object.close();
      object.close();
    }
    room.worker.close();
    room.worker.close();
    expect(closes.map((count) => count())).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('worker settings that are dangerous are refused', () => {
  beforeEach(async () => {
    // A client that has closed does not wait for the processes of its workers.
    await until('no worker of a test before', () => daemon.workers.length === 0);
  });

  test.each<[keyof types.WorkerSettings, string]>([
    ['workerBin', '/bin/sh'],
    ['workerBin', 'mediasoup-worker'],
    ['dtlsCertificateFile', '/etc/passwd'],
    ['dtlsPrivateKeyFile', '/etc/passwd'],
    ['libwebrtcFieldTrials', 'WebRTC-Bwe-AlrLimitedBackoff/Enabled/'],
  ])('%s: %s', async (setting, value) => {
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const creating = mediasoup.createWorker({ [setting]: value });

    await expect(creating).rejects.toBeInstanceOf(SettingRefusedError);
    await expect(creating).rejects.toBeInstanceOf(TypeError);
    await expect(creating).rejects.toThrow(setting);
    expect(daemon.workers).toEqual([]);
  });

  test('in any disguise', async () => {
    const client = await RawClient.greet(daemon.url);

    for (const workerBin of [['/bin/sh'], { 0: '/bin/sh' }, true, 5, Buffer.from('/bin/sh')]) {
      await expect(client.call(0, 'createWorker', [{ workerBin }], 1)).rejects.toMatchObject({
        name: 'SettingRefusedError',
      });
    }
    client.send([MessageType.goodbye]);
    await client.closedByServer();
    expect(daemon.workers).toEqual([]);
  });

  test('but not those that the operator allowed, nor the server’s own worker', async () => {
    const allowing = await ObservedDaemon.start([
      ...['--allow-field-trials', 'WebRTC-Bwe-AlrLimitedBackoff/Disabled/'],
    ]);
    const { mediasoup } = await ObservedClient.connect(allowing.url);
    const worker = await mediasoup.createWorker({
      workerBin: mediasoup.workerBin,
      libwebrtcFieldTrials: 'WebRTC-Bwe-AlrLimitedBackoff/Disabled/',
      dtlsCertificateFile: undefined,
      dtlsPrivateKeyFile: '',
    });

    await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
    await expect(
      mediasoup.createWorker({ libwebrtcFieldTrials: 'WebRTC-Bwe-AlrLimitedBackoff/Enabled/' }),
    ).rejects.toThrow(SettingRefusedError);
  });
});

describe('sessions', () => {
  test('cannot reach each other’s objects', async () => {
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const { worker, router, producer } = await makeRoom(mediasoup);
    const server = await worker.createWebRtcServer({ listenInfos: [loopback] });
    const intruder = await RawClient.greet(daemon.url);

    for (let handle = 1; handle < 50; handle += 1) {
      await expect(intruder.call(handle, 'dump')).rejects.toMatchObject({ name: 'NotFoundError' });
      intruder.notify(handle, 'close');
      intruder.send([MessageType.listen, handle, 'trace', true, true]);
    }
    // Nor by the ids that mediasoup gave them.
    await intruder.call(0, 'createWorker', [{}], 101);
    await intruder.call(101, 'createRouter', [{ mediaCodecs }], 102);
    await intruder.call(102, 'createDirectTransport', [{}], 103);
    await expect(
      intruder.call(
        103,
        'consume',
        [{ producerId: producer.id, rtpCapabilities: router.rtpCapabilities }],
        104,
      ),
    ).rejects.toMatchObject({ name: 'NotFoundError' });
    await expect(
      intruder.call(102, 'createWebRtcTransport', [{ webRtcServer: { id: server.id } }], 105),
    ).rejects.toThrow(/webRtcServerId/);
    await expect(
      intruder.call(102, 'createWebRtcTransport', [{ webRtcServer: { $handle: 7 } }], 106),
    ).rejects.toThrow();
    await expect(router.dump()).resolves.toMatchObject({ id: router.id });
    await expect(producer.dump()).resolves.toMatchObject({ id: producer.id });
    intruder.send([MessageType.goodbye]);
    await intruder.closedByServer();
  });

  test('end without harm to each other', async () => {
    const [first, second] = [
      await ObservedClient.connect(daemon.url),
      await ObservedClient.connect(daemon.url),
    ];
    const rooms = [await makeRoom(first.mediasoup), await makeRoom(second.mediasoup)];

    first.client.close();
    await until('the worker of the first to go', () => !exists(rooms[0]!.worker.pid));
    await expect(rooms[1]!.worker.dump()).resolves.toMatchObject({ pid: rooms[1]!.worker.pid });
    expect(rooms[1]!.consumer.closed).toBe(false);
    expect(second.events).not.toContain('disconnected');
  });
});

describe('an application that is careless', () => {
  test('fire and forget harms nobody as long as nothing is wrong', async () => {
    const rejections: unknown[] = [];
    const rejected = (reason: unknown): number => rejections.push(reason);

    process.on('unhandledRejection', rejected);
    onTestFinished(() => void process.off('unhandledRejection', rejected));

    const { mediasoup, client } = await ObservedClient.connect(daemon.url);
    const { worker, router, producer, consumer, transport } = await makeRoom(mediasoup);
    const levels = await router.createAudioLevelObserver();
    const speakers = await router.createActiveSpeakerObserver();

    // What follows is decided in the worker, before or after the close that follows.
    void levels.addProducer({ producerId: producer.id });
    void speakers.addProducer({ producerId: producer.id });
    void producer.pause();
    void consumer.pause();
    void producer.resume();
    void consumer.requestKeyFrame();
    void transport.getStats();
    await worker.dump();
    client.close();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(rejections).toEqual([]);
  });

  test('what it throws in a listener is told, and nothing else comes of it', async () => {
    const { mediasoup, client, events } = await ObservedClient.connect(daemon.url);
    const { worker, router, transport, producer, consumer } = await makeRoom(mediasoup);
    const told: string[] = [];
    const order: string[] = [];

    for (const [name, object] of Object.entries({
      worker,
      router,
      transport,
      producer,
      consumer,
    })) {
      const emitter = object as unknown as types.Worker;

      emitter.on('listenererror', (event) => told.push(`${name} ${event}`));
      emitter.observer.on('listenererror', (event) => told.push(`${name}.observer ${event}`));
      emitter.observer.on('close', () => {
        order.push(name);
        throw new Error(`thrown by a listener of ${name}`);
      });
    }
    producer.observer.on('pause', () => {
      throw new Error('thrown by a listener of pause');
    });
    router.observer.on('newtransport', () => {
      throw new Error('thrown by a listener of newtransport');
    });

    const paused = nextEvent(consumer, 'producerpause');

    await producer.pause();
    await paused;
    await router.createDirectTransport();
    worker.close();
    expect(order).toEqual(['producer', 'transport', 'consumer', 'router', 'worker']);
    expect(told).toEqual([
      'producer.observer pause',
      'router.observer newtransport',
      ...order.map((name) => `${name}.observer close`),
    ]);
    await nextEvent(worker, 'subprocessclose');
    await expect(client.getStats()).resolves.toMatchObject({});
    expect(events).toEqual(['connected', 'mediasoup']);
  });

  test('its listeners of the client may throw as well', async () => {
    const uncaught: string[] = [];
    const vitests = process.listeners('uncaughtException');

    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error.message));
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException');
      vitests.forEach((listener) => process.on('uncaughtException', listener));
    });

    const own = await ObservedDaemon.start(['--resume-window', '0']);
    const observed = await ObservedClient.connect(own.url, { minRedialDelay: 10 });
    const { client } = observed;
    const rooms = [await makeRoom(observed.mediasoup), await makeRoom(observed.mediasoup)];
    const died = rooms.map(({ worker }) => nextEvent(worker, 'died'));

    for (const name of ['connected', 'mediasoup', 'disconnected', 'error', 'close'] as const) {
      client.on(name, () => {
        throw new Error(`thrown by a listener of ${name}`);
      });
    }
    process.kill(own.pid, 'SIGSTOP');
    await own.kill();
    await Promise.all(died);

    const next = await ObservedDaemon.start([], { TUREEN_PORT: String(own.port) });

    await observed.saw('mediasoup', 2);
    await expect((await client.mediasoup!.createWorker()).dump()).resolves.toMatchObject({});
    await observed.close();
    await next.endCleanly();
    await until('what was thrown', () => uncaught.length >= 6);
    expect(new Set(uncaught)).toEqual(
      new Set(
        ['disconnected', 'error', 'mediasoup', 'connected', 'close'].map(
          (name) => `thrown by a listener of ${name}`,
        ),
      ),
    );
  });
});
