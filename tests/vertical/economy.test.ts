import { once } from 'node:events';
import { type Mediasoup, MediasoupVertical, type PlacementName } from '@tureen/vertical';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { CountingMediasoup } from '../../bench/pipes/CountingMediasoup.mjs';
import { RoomTraffic } from '../../bench/pipes/roomTraffic.mjs';
import { Random } from '../property/random.js';
import { until } from '../support/events.js';
import { audioProducer, receiverCapabilities, videoProducer } from '../support/media.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { verticalRoom, type VerticalRoom } from './support/verticalRoom.js';

const seed = Number(process.env.TUREEN_SEED ?? 1);

describe('there are no more pipes than are needed', () => {
  afterAll(noWorkersLeft);

  const rooms: [peers: number, workers: number, watches: number, placement: PlacementName][] = [
    [5, 2, Infinity, 'scatter'],
    [8, 16, Infinity, 'scatter'],
    [15, 16, Infinity, 'spread'],
    [20, 4, 3, 'scatter'],
    [30, 8, 9, 'weighted'],
    [40, 16, 9, 'scatter'],
    [40, 3, Infinity, 'spread'],
    [40, 1, Infinity, 'scatter'],
  ];

  test.each(rooms)('%i people on up to %i workers, each watching %d (%s)', async (...room) => {
    const [peers, maxWorkers, watches, placement] = room;
    const random = new Random(seed);
    const counting = new CountingMediasoup();
    const manager = new MediasoupVertical(
      { mediasoup: counting as unknown as Mediasoup, getStats: () => Promise.reject(new Error()) },
      { maxWorkers, placement, idlePipeTimeout: 0, watermarkNode: 100 },
    );

    onTestFinished(() => manager.close());
    await once(manager, 'mediasoup');

    const worker = await manager.mediasoup!.createWorker();
    const router = await worker.createRouter();
    const traffic = new RoomTraffic({
      router,
      random,
      peers,
      watches,
      produce: (transport, kind) => transport.produce({ kind } as types.ProducerOptions),
      consume: (transport, producer) =>
        transport.consume({ producerId: producer.id } as types.ConsumerOptions),
    });
    const settled = async () => {
      // Pipes without consumers close a turn of the timers later.
      await until(`the fewest pipes possible (seed ${seed})`, () => {
        const { pipeConsumers, least } = counting.count();

        return pipeConsumers === least;
      });

      const { pipeTransports, workers } = counting.count();

      // One pair for two real routers, however many streams cross.
      expect(pipeTransports).toBeLessThanOrEqual(workers * (workers - 1));
    };

    await traffic.fill();
    await settled();
    for (let step = 0; step < 60; step += 1) {
      await traffic.step();
      await settled();
    }
    await traffic.empty();
    await settled();
    expect(counting.count()).toMatchObject({ pipeConsumers: 0, producers: 0, consumers: 0 });
  });

  test.each([
    [5, 2],
    [6, 3],
  ])('%i people on %i real workers', { timeout: 60_000 }, async (peers, maxWorkers) => {
    const random = new Random(seed);
    const room = await verticalRoom({ maxWorkers, idlePipeTimeout: 0 });
    let ssrc = 1000;
    const traffic = new RoomTraffic({
      router: room.router,
      random,
      peers,
      produce: (transport, kind) =>
        transport.produce((kind === 'audio' ? audioProducer : videoProducer)((ssrc += 1))),
      consume: (transport, { id }) =>
        transport.consume({ producerId: id, rtpCapabilities: receiverCapabilities }),
    });

    await traffic.fill();
    for (let step = 0; step < 15; step += 1) {
      await traffic.step();
      await until('as many pipes as needed', async () => {
        const { pipeConsumers, least } = await countReal(room);

        return pipeConsumers === least;
      });
    }
    await traffic.empty();
    await until('no pipe', async () => (await countReal(room)).pipeConsumers === 0);
  });
});

/** By the workers' own word: consumers beyond those of the application, and the fewest possible. */
async function countReal(room: VerticalRoom): Promise<{ pipeConsumers: number; least: number }> {
  const { realRouters } = room.described();
  const own = await room.router.dump();
  const contents = await Promise.all(realRouters.map(({ id }) => room.contentsOf(id)));
  const all = contents.reduce((sum, { consumers }) => sum + consumers, 0);
  const homes = await Promise.all(realRouters.map(({ id }) => room.watchedIn(id)));

  return {
    pipeConsumers: all - own.mapConsumerIdProducerId.length,
    least: homes.reduce((sum, watched) => sum + watched, 0),
  };
}
