import { once } from 'node:events';
import { type Mediasoup, MediasoupVertical, type MediasoupVerticalOptions } from '@tureen/vertical';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { CountingMediasoup } from '../../bench/pipes/CountingMediasoup.mjs';
import { RoomTraffic } from '../../bench/pipes/roomTraffic.mjs';
import { Random } from '../property/random.js';
import { until } from '../support/events.js';
import { audioProducer, receiverCapabilities, videoProducer } from '../support/media.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { hostTraffic } from './support/hostTraffic.js';
import { hostedRoom } from './support/verticalRoom.js';

const seed = Number(process.env.TUREEN_SEED ?? 1);

/** So many workers on each of so many hosts, in the order in which they start. */
const hostsOf = (hosts: number, workers: number): string[] =>
  Array.from({ length: hosts * workers }, (_, index) => `host-${index % hosts}`);

describe('a stream crosses from host to host as often as it must, and no more', () => {
  afterAll(noWorkersLeft);

  /** People who come and go in a room over many workers, without any media. */
  async function countedRoom(
    hosts: string[],
    people: { peers: number; watches: number },
    options: MediasoupVerticalOptions,
  ) {
    const random = new Random(seed);
    const counting = new CountingMediasoup(hosts);
    const manager = new MediasoupVertical(
      { mediasoup: counting as unknown as Mediasoup, getStats: () => Promise.reject(new Error()) },
      {
        maxWorkers: hosts.length,
        placement: 'scatter',
        idlePipeTimeout: 0,
        watermarkNode: 100,
        watermarkWorker: 100,
        ...options,
      },
    );

    onTestFinished(() => manager.close());
    await once(manager, 'mediasoup');

    const worker = await manager.mediasoup!.createWorker();
    const traffic = new RoomTraffic({
      router: await worker.createRouter(),
      random,
      ...people,
      produce: (transport, kind) => transport.produce({ kind } as types.ProducerOptions),
      consume: (transport, producer) =>
        transport.consume({ producerId: producer.id } as types.ConsumerOptions),
    });

    const deepest = () =>
      Math.max(
        0,
        ...manager
          .describe()
          .workers.flatMap(({ routers }) => routers)
          .flatMap(({ pipes }) => pipes)
          .map(({ depth }) => depth),
      );

    return { counting, traffic, deepest };
  }

  const rooms: [peers: number, hosts: number, workers: number, watches: number][] = [
    [6, 2, 2, Infinity],
    [8, 3, 3, Infinity],
    [10, 3, 4, 3],
    [12, 4, 1, Infinity],
    [12, 2, 8, 5],
    [12, 1, 4, Infinity],
  ];

  test.each(rooms)(
    '%i people on %i hosts of %i workers, each watching %d',
    async (peers, hosts, workers, watches) => {
      const { counting, traffic } = await countedRoom(
        hostsOf(hosts, workers),
        { peers, watches },
        {},
      );
      const settled = async () => {
        // What has no users closes a turn of the timers later, and then what it was made from.
        await until(`the fewest pipes possible (seed ${seed})`, () => {
          const { pipeConsumers, least, relays, crossings, leastCrossings } = counting.count();

          return pipeConsumers === least + relays.length && crossings === leastCrossings;
        });

        const { relays, relaysAtHome } = counting.count();

        // One for each host, where nobody needs it but the others there.
        expect(new Set(relays).size).toBe(relays.length);
        expect(relaysAtHome).toBe(0);
      };

      await traffic.fill();
      await settled();
      for (let step = 0; step < 40; step += 1) {
        await traffic.step();
        await settled();
      }
      await traffic.empty();
      await settled();
      expect(counting.count()).toMatchObject({ pipeConsumers: 0, producers: 0, consumers: 0 });
    },
  );

  test.each([2, 3, 5])(
    'where all are busy: nothing passes more than %i pipes, and each copy has a use',
    async (maxPipeDepth) => {
      const { counting, traffic, deepest } = await countedRoom(
        hostsOf(3, 4),
        { peers: 20, watches: 9 },
        { watermarkWorker: 1, maxPipeDepth },
      );
      const depths: number[] = [];
      const settled = async () => {
        depths.push(deepest());
        await until(`no pipe without use (seed ${seed})`, () => {
          const { pipeConsumers, least, relays, crossings, leastCrossings } = counting.count();

          return (
            pipeConsumers === least + relays.length &&
            crossings <= leastCrossings + relays.length &&
            // With two, what crosses comes from the original itself.
            (maxPipeDepth > 2 || crossings === leastCrossings)
          );
        });
      };

      await traffic.fill();
      await settled();
      for (let step = 0; step < 40; step += 1) {
        await traffic.step();
        await settled();
      }
      await traffic.empty();
      await settled();
      expect(counting.count()).toMatchObject({ pipeConsumers: 0, crossings: 0 });
      expect(Math.max(...depths)).toBeLessThanOrEqual(maxPipeDepth);
      expect(Math.max(...depths)).toBeGreaterThan(1);
    },
  );

  test.each(['a b b', 'a b c a b c'])('on real workers of hosts %s', async (named) => {
    const random = new Random(seed);
    const room = await hostedRoom(named.split(' '), { idlePipeTimeout: 0, watermarkWorker: 100 });
    let ssrc = 1000;
    const traffic = new RoomTraffic({
      router: room.router,
      random,
      peers: 5,
      produce: (transport, kind) =>
        transport.produce((kind === 'audio' ? audioProducer : videoProducer)((ssrc += 1))),
      consume: (transport, { id }) =>
        transport.consume({ producerId: id, rtpCapabilities: receiverCapabilities }),
    });

    await traffic.fill();
    for (let step = 0; step < 15; step += 1) {
      await traffic.step();
      await until('as many pipes as needed', async () => {
        const counted = await hostTraffic(room);
        const { pipes, leastPipes, crossings, leastCrossings, relays, entries } = counted;

        return (
          pipes === leastPipes + entries.length &&
          crossings === leastCrossings &&
          relays.length === new Set(entries).size
        );
      });
    }
    await traffic.empty();
    await until('no pipe', async () => (await hostTraffic(room)).pipes === 0);
  });
});
