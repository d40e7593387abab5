import type { types } from 'mediasoup';
import { afterAll, describe, expect, test } from 'vitest';
import { nextEvent, recordEvents, until } from '../support/events.js';
import {
  audioProducer,
  loopback,
  mediaCodecs,
  receiverCapabilities,
  videoProducer,
} from '../support/media.js';
import { freePorts } from '../support/freePort.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream, VideoStream } from '../support/rtp.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { pidsOf, verticalRoom } from './support/verticalRoom.js';

describe('pipes between the workers of one virtual router', () => {
  afterAll(noWorkersLeft);

  const directConsume = (sink: types.Transport, producer: types.Producer) =>
    sink.consume({ producerId: producer.id, rtpCapabilities: receiverCapabilities });

  const consumption = ({ id, producerId }: types.Consumer, transport: types.Transport) => ({
    id,
    producerId,
    transportId: transport.id,
  });

  test('exist only while somebody consumes, one for all of a worker', async () => {
    const { router, described } = await verticalRoom({ idlePipeTimeout: 0 });
    const transports: types.Transport[] = [];

    for (let index = 0; index < 6; index += 1) {
      transports.push(await router.createDirectTransport());
    }

    const producer = await transports[0]!.produce(audioProducer(1111));

    expect(described().pipes).toEqual([]);

    // The others with an even index are on the same worker as the producer.
    const consumers = await Promise.all(
      transports.slice(1).map((transport) => directConsume(transport, producer)),
    );

    expect(described().pipes).toMatchObject([
      { kind: 'media', producerId: producer.id, from: 0, to: 1, users: 3, state: 'open' },
    ]);
    expect(described().realRouters.map(({ pairs }) => pairs)).toEqual([1, 1]);
    expect(described().realRouters.map((real) => real.consumers)).toEqual([
      [1, 3].map((index) => consumption(consumers[index]!, transports[index + 1]!)),
      [0, 2, 4].map((index) => consumption(consumers[index]!, transports[index + 1]!)),
    ]);
    for (const consumer of consumers) {
      expect(consumer.producerId).toBe(producer.id);
      consumer.close();
    }
    expect(described().realRouters.flatMap((real) => real.consumers)).toEqual([]);
    await until('the pipe is closed', () => described().pipes.length === 0);
    expect((await directConsume(transports[1]!, producer)).closed).toBe(false);
    expect(described().pipes).toHaveLength(1);
  });

  test('stay for a while, so that a viewer who comes back finds them', async () => {
    const { router, described } = await verticalRoom({ idlePipeTimeout: 60_000 });
    const source = await router.createDirectTransport();
    const sink = await router.createDirectTransport();
    const producer = await source.produce(audioProducer(1111));

    (await directConsume(sink, producer)).close();
    expect(described().pipes).toMatchObject([{ users: 0 }]);
    await directConsume(sink, producer);
    expect(described().pipes).toMatchObject([{ users: 1 }]);
    producer.close();
    expect(described().pipes).toEqual([]);
  });

  test('follow the producer when it pauses, resumes and closes', async () => {
    const { router } = await verticalRoom();
    const sender = await plainSender(router);
    const receiver = await plainReceiver(router);
    const producer = await sender.transport.produce({ ...audioProducer(1111), paused: true });
    const consumer = await consume(receiver.transport, producer);

    expect(consumer.producerPaused).toBe(true);

    const resumed = nextEvent(consumer, 'producerresume');

    await producer.resume();
    await resumed;

    const stream = new AudioStream(1111, sender.send);

    stream.sendNext();
    await until('a packet', () => receiver.peer.rtp.length === 1);

    const paused = nextEvent(consumer, 'producerpause');

    await producer.pause();
    await paused;
    // A consumer that comes right after a pause knows of it.
    expect((await consume(receiver.transport, producer)).producerPaused).toBe(true);

    const closed = nextEvent(consumer, 'producerclose');

    producer.close();
    await closed;
    await expect(consume(receiver.transport, producer)).rejects.toThrow('not found');
  });

  test('show the score of the sender, not that of the pipe', async () => {
    const { router } = await verticalRoom();
    const sender = await plainSender(router);
    const receiver = await plainReceiver(router);
    const producer = await sender.transport.produce(videoProducer(1111));
    const consumer = await consume(receiver.transport, producer);
    const own = recordEvents<types.ConsumerEvents, 'score'>(consumer, 'score');
    const observed = recordEvents<types.ConsumerObserverEvents, 'score'>(
      consumer.observer,
      'score',
    );

    expect(consumer.score).toMatchObject({ producerScore: 0, producerScores: [0] });

    const scored = nextEvent<types.ProducerEvents, 'score'>(
      producer,
      'score',
      ([first]) => first?.score === 10,
    );

    new VideoStream(1111, sender.send).sendNext();
    await scored;
    await until('the score of the sender', () => consumer.score.producerScore === 10);
    expect(consumer.score.producerScores).toEqual([10]);
    expect(own.at(-1)).toEqual([consumer.score]);
    expect(observed).toEqual(own);
    // Nothing is told twice.
    expect(new Set(own.map((it) => JSON.stringify(it))).size).toBe(own.length);

    // Until a packet has come through the pipe there is no stream to tell of.
    await until('the packet', () => receiver.peer.rtp.length > 0);

    const [, inbound] = await consumer.getStats();

    expect(inbound).toMatchObject({ type: 'inbound-rtp', score: 10 });
  });

  test('carry parameters that are those of a consumer beside the producer', async () => {
    const { router } = await verticalRoom();
    const source = await router.createPlainTransport({ listenInfo: loopback });
    const far = await router.createPlainTransport({ listenInfo: loopback });
    const near = await router.createPlainTransport({ listenInfo: loopback });

    for (const options of [audioProducer(1111), videoProducer(1), videoProducer(2, 3, 4)]) {
      const producer = await source.produce(options);
      const [one, two] = await Promise.all([near, far].map((it) => consume(it, producer)));
      const comparable = ({ rtpParameters, type, kind, producerPaused }: types.Consumer) => ({
        type,
        kind,
        producerPaused,
        rtpParameters: {
          ...rtpParameters,
          mid: undefined,
          encodings: rtpParameters.encodings?.map((it) => ({ ...it, ssrc: 0, rtx: undefined })),
        },
      });

      expect(comparable(two!)).toEqual(comparable(one!));
    }
  });

  test('an id that the application chose is refused on every worker, while it is taken', async () => {
    const { router } = await verticalRoom();
    const one = await router.createDirectTransport();
    const two = await router.createDirectTransport();
    const producer = await one.produce({ ...audioProducer(1111), id: 'mine' });

    await expect(two.produce({ ...audioProducer(2222), id: 'mine' })).rejects.toThrow(
      'Channel request handler with ID mine already exists',
    );
    producer.close();
    await expect(two.produce({ ...audioProducer(2222), id: 'mine' })).resolves.toMatchObject({
      id: 'mine',
    });
  });

  test('go between two virtual routers of one worker, with the id kept', async () => {
    const { worker, router } = await verticalRoom();
    const other = await worker.createRouter({ mediaCodecs });
    const source = await router.createDirectTransport();
    const producer = await source.produce(audioProducer(1111));
    const { pipeProducer } = await router.pipeToRouter({ producerId: producer.id, router: other });

    expect(pipeProducer!.id).toBe(producer.id);
    for (let count = 0; count < 2; count += 1) {
      const sink = await other.createDirectTransport();

      const consumer = await directConsume(sink, producer);

      // On the worker of the original its id is taken; nobody sees that.
      expect(consumer.producerId).toBe(producer.id);
      expect(await consumer.dump()).toMatchObject({ producerId: producer.id });
    }
  });

  test('carry whatever messages the transports at both sides take, and all of them', async () => {
    const { router } = await verticalRoom();
    const most = { maxSendMessageSize: 1_000_000, maxReceiveMessageSize: 1_000_000 };
    const source = await router.createDirectTransport(most);
    const sink = await router.createDirectTransport(most);
    const producer = await source.produceData();
    const consumer = await sink.consumeData({ dataProducerId: producer.id });
    const lengths: number[] = [];
    // More at once than an SCTP association sends by default.
    const sent = [1, 262_144, 262_145, 1_000_000, 1_000_000, 1_000_000, 2];

    consumer.on('message', ({ length }) => lengths.push(length));
    sent.forEach((length) => producer.send(Buffer.alloc(length, 1)));
    await until('the last one', () => lengths.includes(2));
    expect(lengths).toEqual(sent);
  });

  test('a WebRtcServer listens on its port on the first worker, on the next ones behind it', async () => {
    const { worker, router } = await verticalRoom({ maxWorkers: 3 });
    const port = await freePorts(3);
    const fixed = await worker.createWebRtcServer({ listenInfos: [{ ...loopback, port }] });
    const handled = recordEvents<types.WebRtcServerObserverEvents, 'webrtctransporthandled'>(
      fixed.observer,
      'webrtctransporthandled',
    );
    const transports = [];

    for (let count = 0; count < 3; count += 1) {
      transports.push(await router.createWebRtcTransport({ webRtcServer: fixed }));
    }

    expect(transports.map(({ iceCandidates }) => iceCandidates[0]!.port)).toEqual([
      port,
      port + 1,
      port + 2,
    ]);
    expect(handled).toEqual(transports.map((transport) => [transport]));

    const dump = await fixed.dump();

    expect(dump.id).toBe(fixed.id);
    expect(dump.webRtcTransportIds.sort()).toEqual(transports.map(({ id }) => id).sort());

    const closed = Promise.all(transports.map((it) => nextEvent(it, 'listenserverclose')));

    fixed.close();
    await closed;
  });

  test('a router and a worker that nothing is on any more close after a while', async () => {
    const room = await verticalRoom({ idlePipeTimeout: 0, idleWorkerTimeout: 50 });
    const first = await room.router.createDirectTransport();
    const second = await room.router.createDirectTransport();
    const producer = await first.produce(audioProducer(1111));

    await directConsume(second, producer);
    expect(pidsOf(room)).toHaveLength(2);
    second.close();
    await until('one worker', () => pidsOf(room).length === 1);
    expect(first.closed).toBe(false);
    expect(room.described().realRouters).toHaveLength(1);

    await room.router.createDirectTransport();

    const other = await room.router.createDirectTransport();

    expect(pidsOf(room)).toHaveLength(2);
    expect((await directConsume(other, producer)).closed).toBe(false);
  });
});
