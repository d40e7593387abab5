import { hostOf } from '@tureen/manager';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { nextEvent, until } from '../support/events.js';
import { audioProducer, loopback, receiverCapabilities, videoProducer } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { VideoStream } from '../support/rtp.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { hostTraffic } from './support/hostTraffic.js';
import { hostedRoom, pidsOf, type VerticalRoom } from './support/verticalRoom.js';

describe('the workers of one virtual router on several hosts', () => {
  afterAll(noWorkersLeft);

  const directConsume = (sink: types.Transport, { id }: types.Producer) =>
    sink.consume({ producerId: id, rtpCapabilities: receiverCapabilities });

  /** A transport on each real worker, in order. */
  async function transportsOn({ router }: VerticalRoom, count: number) {
    const transports: types.DirectTransport[] = [];

    for (let index = 0; index < count; index += 1) {
      transports.push(await router.createDirectTransport());
    }

    return transports;
  }

  const ways = (room: VerticalRoom) =>
    room
      .described()
      .pipes.map(({ from, to, fromHost, toHost, depth }) =>
        [`${fromHost}${from}`, `${toHost}${to}`, depth].join(' '),
      )
      .sort();

  test('tell where they are, as their routers do, and an operator sees it', async () => {
    const room = await hostedRoom(['a', 'b', 'b', 'a']);

    await transportsOn(room, 3);

    const { realWorkers } = room.manager.describe().workers[0]!;

    expect(realWorkers.map(({ host }) => host)).toEqual(['a', 'b', 'b', undefined]);
    expect(room.described().realRouters.map(({ id }) => hostOf(room.realRouter(id))?.id)).toEqual([
      'a',
      'b',
      'b',
    ]);
  });

  test('get a stream once for each host, whoever of a host asks first', async () => {
    const room = await hostedRoom(['a', 'b', 'b', 'b', 'a']);
    const [source, ...sinks] = await transportsOn(room, 5);
    const producer = await source!.produce(audioProducer(1111));
    const consumers = await Promise.all(sinks.map((sink) => directConsume(sink, producer)));

    expect(consumers.map(({ producerId }) => producerId)).toEqual(sinks.map(() => producer.id));
    expect(ways(room)).toEqual(['a0 a4 1', 'a0 b1 1', 'b1 b2 2', 'b1 b3 2']);
    expect(await hostTraffic(room)).toMatchObject({ pipes: 4, crossings: 1 });
  });

  test('encrypt and repeat what crosses between hosts, and nothing else', async () => {
    const room = await hostedRoom(['a', 'b', 'b']);
    const [source, ...sinks] = await transportsOn(room, 3);
    const producer = await source!.produce(videoProducer(1111));

    await Promise.all(sinks.map((sink) => directConsume(sink, producer)));

    const ends = await Promise.all(
      room.described().realRouters.map(async ({ id }) => (await room.trafficOf(id)).ends),
    );

    expect(ends.map((of) => of.map(({ srtp, rtx }) => [srtp, rtx]))).toEqual([
      [[true, true]],
      expect.arrayContaining([
        [true, true],
        [false, false],
      ]),
      [[false, false]],
    ]);
  });

  test('pass media, pauses, scores and requests for key frames over two pipes', async () => {
    const room = await hostedRoom(['a', 'b', 'b']);
    const sender = await plainSender(room.router);
    const first = await plainReceiver(room.router);
    const second = await plainReceiver(room.router);
    const producer = await sender.transport.produce(videoProducer(1111));
    const stream = new VideoStream(1111, sender.send).obey(sender.peer);

    // The key frame that everybody else has to ask for.
    stream.sendNext();
    await consume(first.transport, producer);

    const consumer = await consume(second.transport, producer);

    expect(ways(room)).toEqual(['a0 b1 1', 'b1 b2 2']);

    await until('video on the third worker', () => {
      stream.sendNext();

      return second.peer.rtp.length > 0;
    });
    await until('the score of the sender', () => consumer.score.producerScore === 10);

    const paused = nextEvent(consumer, 'producerpause');

    await producer.pause();
    await paused;
    expect((await consume(second.transport, producer)).producerPaused).toBe(true);

    const resumed = nextEvent(consumer, 'producerresume');

    await producer.resume();
    await resumed;

    const closed = nextEvent(consumer, 'producerclose');

    producer.close();
    await closed;
    expect(room.described().pipes).toEqual([]);
  });

  test('pass messages over two pipes', async () => {
    const room = await hostedRoom(['a', 'b', 'b']);
    const [source, first, second] = await transportsOn(room, 3);
    const dataProducer = await source!.produceData({ label: 'chat' });
    const consumers = await Promise.all(
      [first!, second!].map((sink) => sink.consumeData({ dataProducerId: dataProducer.id })),
    );
    const heard = Promise.all(consumers.map((it) => nextEvent(it, 'message')));

    expect(ways(room)).toEqual(['a0 b1 1', 'b1 b2 2']);
    expect(consumers.map(({ label }) => label)).toEqual(['chat', 'chat']);
    dataProducer.send('hello');
    expect((await heard).map(([message]) => String(message))).toEqual(['hello', 'hello']);
  });

  test('give consumers parameters as beside the producer, over one pipe and over two', async () => {
    const { router } = await hostedRoom(['a', 'b', 'b']);
    const [near, far, farther] = [
      await router.createPlainTransport({ listenInfo: loopback }),
      await router.createPlainTransport({ listenInfo: loopback }),
      await router.createPlainTransport({ listenInfo: loopback }),
    ];

    for (const options of [audioProducer(1111), videoProducer(1), videoProducer(2, 3, 4)]) {
      const producer = await near.produce(options);
      const [one, ...others] = await Promise.all(
        [near, far, farther].map((it) => consume(it, producer, { enableRtx: true })),
      );
      const comparable = ({ rtpParameters, type, kind, producerPaused }: types.Consumer) => ({
        type,
        kind,
        producerPaused,
        rtpParameters: {
          ...rtpParameters,
          mid: undefined,
          encodings: rtpParameters.encodings?.map((it) => ({
            ...it,
            ssrc: 0,
            rtx: it.rtx && { ssrc: 0 },
          })),
        },
      });

      for (const other of others) {
        expect(comparable(other)).toEqual(comparable(one!));
      }
    }
  });

  test('keep what others on a host are fed from, as long as they are', async () => {
    const room = await hostedRoom(['a', 'b', 'b'], { idlePipeTimeout: 0 });
    const [source, first, second] = await transportsOn(room, 3);
    const producer = await source!.produce(audioProducer(1111));
    const unneeded = await source!.produce(audioProducer(2222));
    const entry = await directConsume(first!, producer);
    const further = await directConsume(second!, producer);

    await directConsume(first!, unneeded);
    expect(room.described().pipes).toHaveLength(3);
    first!.close();
    expect(entry.closed).toBe(true);
    await until('that what nobody needs is closed', () => room.described().pipes.length < 3);
    expect(await hostTraffic(room)).toMatchObject({
      pipes: 2,
      crossings: 1,
      leastCrossings: 1,
      entries: [`${producer.id} on b`],
    });
    further.close();
    await until('no pipe', () => room.described().pipes.length === 0);
    expect(await hostTraffic(room)).toMatchObject({ pipes: 0 });
  });

  test('lose with a pipe what was copied from its end', async () => {
    const room = await hostedRoom(['a', 'b', 'b']);
    const [source, ...sinks] = await transportsOn(room, 3);
    const producer = await source!.produce(audioProducer(1111));
    const consumers = await Promise.all(sinks.map((it) => directConsume(it, producer)));
    const told = Promise.all(consumers.map((consumer) => nextEvent(consumer, 'producerclose')));
    const home = room.described().realRouters.find(({ worker }) => worker === 0)!;

    room.pipesOf(home.id)[0]!.close();
    // Nothing is made from what is about to close.
    expect(room.described().pipes).toEqual([]);
    await told;
    expect((await directConsume(sinks[1]!, producer)).closed).toBe(false);
    expect(ways(room)).toEqual(['a0 b2 1']);
  });

  test('lose what passed a worker that dies, and get it another way at once', async () => {
    const room = await hostedRoom(['a', 'b', 'b', 'b']);
    const [source, ...sinks] = await transportsOn(room, 4);
    const producer = await source!.produce(audioProducer(1111));
    const consumed: types.Consumer[] = [];

    for (const sink of sinks) consumed.push(await directConsume(sink, producer));

    const [, second, third] = consumed;
    const again = [second!, third!].map(
      (consumer, index) =>
        new Promise<types.Consumer>((resolve, reject) =>
          // In the moment in which the application hears of it.
          consumer.once('producerclose', () =>
            directConsume(sinks[index + 1]!, producer).then(resolve, reject),
          ),
        ),
    );

    process.kill(pidsOf(room)[1]!, 'SIGKILL');

    const consumers = await Promise.all(again);

    expect(producer.closed).toBe(false);
    expect(consumers.map(({ closed, producerId }) => [closed, producerId])).toEqual([
      [false, producer.id],
      [false, producer.id],
    ]);
    // Two processes tell it: the first to be heard has it from the source, and the other one from there.
    expect([
      ['a0 b2 1', 'b2 b3 2'],
      ['a0 b3 1', 'b3 b2 2'],
    ]).toContainEqual(ways(room));
    expect(await hostTraffic(room)).toMatchObject({ pipes: 2, crossings: 1 });
  });

  test('get a stream from a router that has it, where the worker of the source is busy', async () => {
    const room = await hostedRoom(['a', 'a', 'b', 'b', 'c', 'a'], {
      // One percent of a core is reserved for each transport.
      watermarkWorker: 20,
      placement: ({ appData }) => appData.worker as number,
    });
    const on = (worker: number) => room.router.createDirectTransport({ appData: { worker } });
    const source = await on(0);
    const sinks = [];

    for (let worker = 0; worker < 6; worker += 1) {
      sinks.push(await on(worker));
    }
    await Promise.all(Array.from({ length: 60 }, () => on(0)));

    const near = await source.produce(audioProducer(1111));

    for (const worker of [1, 2, 3, 4, 5]) {
      await directConsume(sinks[worker]!, near);
    }
    // The first has nothing else to come from; what comes to b leaves room for another step there.
    expect(ways(room)).toEqual(['a0 a1 1', 'a1 a5 2', 'a1 b2 2', 'a1 c4 2', 'b2 b3 3']);
    expect(await hostTraffic(room)).toMatchObject({ pipes: 5, crossings: 2, leastCrossings: 2 });
    near.close();

    const far = await source.produce(audioProducer(2222));

    for (const worker of [2, 4, 3, 1]) {
      await directConsume(sinks[worker]!, far);
    }
    // By way of a third host, but never back to that of the source.
    expect(ways(room)).toEqual(['a0 a1 1', 'a0 b2 1', 'b2 b3 2', 'b2 c4 2']);
  });

  test('get nothing by way of a worker that does not answer', { timeout: 60_000 }, async () => {
    let next = 0;
    let places: number[] = [];
    const room = await hostedRoom(['a', 'b', 'b'], {
      placement: (_, candidates) => {
        places = candidates.map(({ index }) => index);

        return next;
      },
    });
    const on = (worker: number) => {
      next = worker;

      return room.router.createDirectTransport();
    };
    const [source, first, second] = [await on(0), await on(1), await on(2)];
    const producer = await source.produce(audioProducer(1111));

    await directConsume(first, producer);

    const pid = pidsOf(room)[1]!;
    const goOn = () => void process.kill(pid, 'SIGCONT');

    process.kill(pid, 'SIGSTOP');
    onTestFinished(goOn);
    // It is asked every 2 s, and counts as silent after 6 s.
    await until(
      'it is left out',
      async () => {
        (await on(0)).close();

        return places.join() === '0,2';
      },
      20_000,
    );
    await directConsume(second, producer);
    expect(ways(room)).toEqual(['a0 b1 1', 'a0 b2 1']);
  });

  test('get every copy from the original if it may pass one pipe only', async () => {
    const room = await hostedRoom(['a', 'b', 'b'], { maxPipeDepth: 1 });
    const [source, ...sinks] = await transportsOn(room, 3);
    const producer = await source!.produce(audioProducer(1111));

    await Promise.all(sinks.map((sink) => directConsume(sink, producer)));
    expect(ways(room)).toEqual(['a0 b1 1', 'a0 b2 1']);
  });

  test('are replaced, after a death, by workers of whatever host there is', async () => {
    const room = await hostedRoom(['a', 'b', 'c'], { maxWorkers: 2 });
    const [source] = await transportsOn(room, 2);
    const producer = await source!.produce(audioProducer(1111));
    const hosts = () => room.manager.describe().workers[0]!.realWorkers.map(({ host }) => host);

    expect(hosts()).toEqual(['a', 'b']);
    process.kill(pidsOf(room)[1]!, 'SIGKILL');
    await until('another host', () => hosts()[1] === 'c');
    await room.router.createDirectTransport();

    const sink = await room.router.createDirectTransport();

    await directConsume(sink, producer);
    expect(ways(room)).toEqual(['a0 c1 1']);
    expect(await hostTraffic(room)).toMatchObject({ crossings: 1 });
  });
});
