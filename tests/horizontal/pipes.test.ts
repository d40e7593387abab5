import { PipeError } from '@tureen/horizontal';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, test } from 'vitest';
import { nextEvent, until } from '../support/events.js';
import { audioProducer, receiverCapabilities, videoProducer } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { VideoStream } from '../support/rtp.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { CallDepth } from './support/CallDepth.js';
import { startHosts, twoRouters } from './support/hosts.js';

afterAll(noWorkersLeft);

/** The pipe transports of a router, by its worker's own word. */
async function pipeTransports(router: types.Router): Promise<string[]> {
  return (await router.dump()).transportIds;
}

const made = async (router: types.Router, produce = audioProducer(1111)) =>
  (await router.createDirectTransport()).produce(produce);

describe('a pipe between two hosts', () => {
  test('is encrypted and repeats what gets lost, on each host’s own address', async () => {
    const managers: unknown[] = [];
    const hosts = await startHosts({
      hostOf: (manager) => {
        managers.push(manager);

        return { id: `${managers.length}`, pipeAddress: { ip: `127.0.1.${managers.length}` } };
      },
    });
    const [a, b] = await twoRouters(hosts);
    const producer = await made(a);
    const transports: types.PipeTransport[] = [];

    for (const router of [a, b]) {
      router.observer.on('newtransport', (each) =>
        transports.push(each as unknown as types.PipeTransport),
      );
    }

    const { pipeConsumer, pipeProducer } = await a.pipeToRouter({
      producerId: producer.id,
      router: b,
    });

    expect(pipeProducer!.id).toBe(producer.id);
    expect(pipeConsumer!.producerId).toBe(producer.id);
    expect(transports.map(({ tuple }) => tuple.localAddress).sort()).toEqual([
      '127.0.1.1',
      '127.0.1.2',
    ]);
    expect(transports.map(({ srtpParameters }) => srtpParameters?.cryptoSuite)).toEqual([
      'AEAD_AES_256_GCM',
      'AEAD_AES_256_GCM',
    ]);
    expect(transports.map(({ tuple }) => tuple.remoteIp).sort()).toEqual(
      transports.map(({ tuple }) => tuple.localAddress).sort(),
    );
    for (const transport of transports) {
      expect(await transport.dump()).toMatchObject({ rtx: true });
    }
  });

  test('carries video with its key frames, and closes and pauses with its producer', async () => {
    const [a, b] = await twoRouters(await startHosts());
    const { transport, send } = await plainSender(a);
    const stream = new VideoStream(2222, send);
    const producer = await transport.produce(videoProducer(2222));

    await a.pipeToRouter({ producerId: producer.id, router: b });

    const receiver = await plainReceiver(b);
    const consumer = await consume(receiver.transport, producer);

    stream.start();
    await until('video arrives from the other host', () => receiver.peer.rtp.length > 20);
    await Promise.all([nextEvent(consumer, 'producerpause'), producer.pause()]);
    await Promise.all([nextEvent(consumer, 'producerresume'), producer.resume()]);

    const closed = nextEvent(consumer, 'producerclose');

    producer.close();
    await closed;
    stream.stop();
  });

  test('carries messages', async () => {
    const [a, b] = await twoRouters(await startHosts());
    const producer = await (await a.createDirectTransport()).produceData({ label: 'chat' });

    await a.pipeToRouter({ dataProducerId: producer.id, router: b });

    const sink = await b.createDirectTransport();
    const consumer = await sink.consumeData({ dataProducerId: producer.id });
    const received: string[] = [];

    consumer.on('message', (message) => received.push(message.toString()));
    await until('a message came through', () => {
      producer.send('hello');

      return received.length > 0;
    });
    expect(received[0]).toBe('hello');
  });

  test('is one pair for all streams and both directions, however they cross', async () => {
    const [a, b] = await twoRouters(await startHosts());
    const [here, there] = [await made(a, audioProducer(1)), await made(b, audioProducer(2))];
    const before = [await pipeTransports(a), await pipeTransports(b)];

    await Promise.all([
      a.pipeToRouter({ producerId: here.id, router: b }),
      b.pipeToRouter({ producerId: there.id, router: a }),
      a.pipeToRouter({ producerId: here.id, router: b, keepId: false }),
    ]);

    expect((await pipeTransports(a)).length - before[0]!.length).toBe(1);
    expect((await pipeTransports(b)).length - before[1]!.length).toBe(1);
  });

  test('is as the application asks, where it asks', async () => {
    const [a, b] = await twoRouters(await startHosts());
    const producer = await made(a);
    const transports: types.PipeTransport[] = [];

    a.observer.on('newtransport', (each) =>
      transports.push(each as unknown as types.PipeTransport),
    );
    await a.pipeToRouter({
      producerId: producer.id,
      router: b,
      enableSrtp: false,
      enableRtx: false,
      listenInfo: { protocol: 'udp', ip: '127.0.0.1', portRange: { min: 40_000, max: 49_999 } },
    });
    expect(transports[0]!.srtpParameters).toBeUndefined();
    expect(await transports[0]!.dump()).toMatchObject({ rtx: false });
  });

  test('says what to do where it is not known how a host is reached', async () => {
    const [a, b] = await twoRouters(
      await startHosts({ hostOf: () => ({ id: String(Math.random()), pipeAddress: undefined }) }),
    );
    const producer = await made(a);
    const piping = a.pipeToRouter({ producerId: producer.id, router: b });

    await expect(piping).rejects.toThrow(PipeError);
    await expect(piping).rejects.toThrow(/--pipe-address/);
  });

  test('refuses what mediasoup refuses, with its classes', async () => {
    const hosts = await startHosts();
    const [a, b] = await twoRouters(hosts);
    const { NotFoundError } = (
      hosts.mediasoup as unknown as { errors: { NotFoundError: typeof Error } }
    ).errors;

    await expect(a.pipeToRouter({ producerId: 'none', router: b })).rejects.toThrow(NotFoundError);
    await expect(a.pipeToRouter({ dataProducerId: 'none', router: b })).rejects.toThrow(
      NotFoundError,
    );
    await expect(a.pipeToRouter({ router: b })).rejects.toThrow(TypeError);
    await expect(a.pipeToRouter({ producerId: 'none', router: a })).rejects.toThrow(TypeError);
    await expect(a.pipeToRouter({ producerId: 'none' } as never)).rejects.toThrow(TypeError);
  });
});

test('neighbours on one host are piped plainly, by mediasoup’s own means', async () => {
  const hosts = await startHosts({ count: 1 });
  const [a, b] = await twoRouters(hosts);
  const producer = await made(a);
  const transports: types.PipeTransport[] = [];

  a.observer.on('newtransport', (each) => transports.push(each as unknown as types.PipeTransport));
  await a.pipeToRouter({ producerId: producer.id, router: b });
  expect(transports[0]!.srtpParameters).toBeUndefined();
});

test('two daemons on one host are one host: plain, on its loopback', async () => {
  const hosts = await startHosts({ hostOf: () => ({ id: 'the same' }) });
  const [a, b] = await twoRouters(hosts);
  const producer = await made(a);
  const transports: types.PipeTransport[] = [];

  a.observer.on('newtransport', (each) => transports.push(each as unknown as types.PipeTransport));
  await a.pipeToRouter({ producerId: producer.id, router: b });
  expect(transports[0]!.srtpParameters).toBeUndefined();
  expect(transports[0]!.tuple.localAddress).toBe('127.0.0.1');
});

test('the first stream takes two round trips, and so does the next on the same pair', async () => {
  const [a, b] = await twoRouters(await startHosts());
  const depth = new CallDepth();
  const [one, two] = [await made(a, audioProducer(1)), await made(a, audioProducer(2))];
  const sink = await b.createDirectTransport();

  depth.follow(a);
  depth.follow(b);
  // The transports, one with the stream; connecting them and the stream's other end.
  await a.pipeToRouter({ producerId: one.id, router: b });
  expect(depth.roundTrips).toBe(2);
  depth.reset();
  await a.pipeToRouter({ producerId: two.id, router: b });
  expect(depth.roundTrips).toBe(2);

  const crowd: types.Producer[] = [];

  for (let index = 0; index < 20; index += 1) {
    crowd.push(await made(a, audioProducer(10 + index)));
  }
  depth.reset();
  // All at once take no longer than one.
  await Promise.all(crowd.map(({ id }) => a.pipeToRouter({ producerId: id, router: b })));
  expect(depth.roundTrips).toBe(2);
  expect(
    (await sink.consume({ producerId: one.id, rtpCapabilities: receiverCapabilities })).closed,
  ).toBe(false);
});

describe.each([
  ['the source’s host is killed', 0],
  ['the target’s host is killed', 1],
])('while a pipe is made, %s', (_, victim) => {
  test.each([0, 1, 2, 3])('after %i calls: nothing is left on the other', async (after) => {
    const hosts = await startHosts();
    const [a, b] = await twoRouters(hosts);
    const [survivor] = [a, b].filter((_, index) => index !== victim) as [types.Router];
    const producer = await made(a);
    const before = await pipeTransports(survivor);
    let calls = 0;

    hosts.horizontal.on('error', () => undefined);

    const countdown = () => {
      if (calls === after) hosts.daemons[victim]!.process.kill('SIGKILL');
      calls += 1;
    };

    for (const router of [a, b]) {
      router.observer.on('newtransport', (transport) => {
        countdown();
        transport.observer.on('newconsumer', countdown);
        transport.observer.on('newproducer', countdown);
      });
    }

    const died = new Promise<void>((resolve) =>
      (victim === 0 ? a : b).once('workerclose', resolve),
    );
    const piping = a.pipeToRouter({ producerId: producer.id, router: b });

    // The last of them is done when the pipe is.
    await piping.catch((error: Error) => expect(error).toBeInstanceOf(Error));
    if (calls <= after) hosts.daemons[victim]!.process.kill('SIGKILL');
    await died;
    await until('the survivor has what it had before', async () => {
      const now = await pipeTransports(survivor);

      return now.length === before.length;
    });
  });
});
