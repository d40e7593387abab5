import { once } from 'node:events';
import { MediasoupVertical } from '@tureen/vertical';
import type { types } from 'mediasoup';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { CallDepth } from '../horizontal/support/CallDepth.js';
import { startHosts } from '../horizontal/support/hosts.js';
import { audioProducer, mediaCodecs, receiverCapabilities } from '../support/media.js';
import { noWorkersLeft } from '../support/useTarget.js';

afterAll(noWorkersLeft);

/** A router over two hosts, with a transport on each and a count of what their calls wait for. */
async function overTwoHosts() {
  const { horizontal } = await startHosts();
  const manager = new MediasoupVertical(horizontal, {
    maxWorkers: 2,
    placement: 'scatter',
    watermarkNode: 100,
  });
  const depth = new CallDepth();

  onTestFinished(() => manager.close());
  // Before any worker is made.
  horizontal.mediasoup!.observer.on('newworker', (worker) =>
    worker.observer.on('newrouter', (router) => depth.follow(router)),
  );
  await once(manager, 'mediasoup');

  const worker = await manager.mediasoup!.createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const [one, two] = [await router.createDirectTransport(), await router.createDirectTransport()];

  return { depth, router, one, two };
}

const watch = (sink: types.Transport, { id }: types.Producer) =>
  sink.consume({ producerId: id, rtpCapabilities: receiverCapabilities });

test('to consume what is on another host takes two round trips, the first time and later', async () => {
  const { depth, one, two } = await overTwoHosts();
  const [first, second] = [
    await one.produce(audioProducer(1)),
    await one.produce(audioProducer(2)),
  ];

  depth.reset();

  const consumer = await watch(two, first);

  // Both transports, one with the stream; its other end, with the consumer right after it.
  expect(depth.roundTrips).toBe(2);
  expect(consumer.producerId).toBe(first.id);
  depth.reset();
  expect((await watch(two, second)).closed).toBe(false);
  expect(depth.roundTrips).toBe(2);
  depth.reset();
  // What is there already takes one, as on one host.
  expect((await watch(two, second)).closed).toBe(false);
  expect(depth.roundTrips).toBe(1);
});

test('fifty at once take as many as one', async () => {
  const { depth, one, two } = await overTwoHosts();
  const producers: types.Producer[] = [];

  for (let index = 0; index < 50; index += 1) {
    producers.push(await one.produce(audioProducer(10 + index)));
  }
  depth.reset();

  const consumers = await Promise.all(producers.map((producer) => watch(two, producer)));

  expect(consumers.map(({ producerId }) => producerId)).toEqual(producers.map(({ id }) => id));
  // All but the first wait for the transports to be there before they can be asked for.
  expect(depth.roundTrips).toBeLessThanOrEqual(3);
});
