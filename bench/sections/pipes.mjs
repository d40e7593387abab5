// How many streams are piped in rooms, counted without media. Where placement goes by load (spread),
// what is held for newcomers fades with time: there the room differs a little from run to run.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { MediasoupVertical } from '@tureen/vertical';
import { table } from '../lib/text.mjs';
import { CountingMediasoup } from '../pipes/CountingMediasoup.mjs';
import { RoomTraffic } from '../pipes/roomTraffic.mjs';
import { seededRandom } from '../pipes/seededRandom.mjs';

export const title = 'Pipe consumers that a room makes';

const placements = ['scatter', 'spread', 'weighted'];

export const sizes = {
  full: { peers: [5, 10, 20, 40], workers: [2, 4, 8, 16, 32, 64] },
  quick: { peers: [5, 20], workers: [2, 8, 64] },
  smallest: { peers: [5], workers: [2, 4] },
};
/** How many others anybody watches: all, or a page of them. */
const watching = [Infinity, 9];
/** How long pipes without consumers may take to close, milliseconds. */
const patience = 2000;

export async function run({ size }) {
  const { peers, workers } = sizes[size];
  const rows = [];
  for (const watches of watching) {
    for (const people of peers) {
      for (const maxWorkers of workers) {
        const rooms = {};
        for (const placement of placements) {
          rooms[placement] = await countRoom({ peers: people, maxWorkers, watches, placement });
        }
        const { producers } = rooms.scatter;
        rows.push({
          // Infinity does not travel as JSON.
          watches: watches === Infinity ? 'all' : watches,
          peers: people,
          workers: maxWorkers,
          producers,
          everywhere: producers * (maxWorkers - 1),
          rooms,
        });
      }
    }
  }
  return { rows };
}

/** A room that filled, saw people come and go, is full again, and in the end is empty. */
async function countRoom({ peers, maxWorkers, watches, placement }) {
  const counting = new CountingMediasoup();
  const manager = new MediasoupVertical(
    { mediasoup: counting, getStats: () => Promise.reject(new Error('nothing is measured here')) },
    { maxWorkers, placement, idlePipeTimeout: 0, watermarkNode: 100 },
  );
  await once(manager, 'mediasoup');
  const worker = await manager.mediasoup.createWorker();
  const traffic = new RoomTraffic({
    router: await worker.createRouter(),
    random: seededRandom(peers * 1000 + maxWorkers),
    peers,
    watches,
    produce: (transport, kind) => transport.produce({ kind }),
    consume: (transport, { id }) => transport.consume({ producerId: id }),
  });

  await traffic.fill();
  // Before anybody left, each pair of transports is one that streams pass.
  const pairs = (await settled(counting)).pipeTransports / 2;
  const couples = couplesOf(manager.describe());
  for (let step = 0; step < peers; step += 1) await traffic.step();
  await traffic.fill();
  const full = await settled(counting);
  await traffic.empty();
  const empty = await settled(counting);
  manager.close();
  return {
    workers: full.workers,
    producers: full.producers,
    consumers: full.consumers,
    pipeConsumers: full.pipeConsumers,
    least: full.least,
    pairs,
    couples,
    left: empty.pipeConsumers,
  };
}

/** The count when pipes that nobody needs had time to close. */
async function settled(counting) {
  const deadline = performance.now() + patience;
  for (;;) {
    const count = counting.count();
    if (count.pipeConsumers === count.least || performance.now() > deadline) return count;
    await setTimeout(1);
  }
}

/** Couples of workers that streams are piped between, in either direction. */
function couplesOf({ workers }) {
  const pipes = workers.flatMap(({ routers }) => routers.flatMap(({ pipes }) => pipes));
  return new Set(pipes.map(({ from, to }) => `${Math.min(from, to)} ${Math.max(from, to)}`)).size;
}

export function render({ rows }) {
  const cells = rows.map(({ watches, peers, workers, producers, everywhere, rooms }) => [
    watches === 'all' ? 'all others' : `at most ${watches}`,
    peers,
    workers,
    producers,
    everywhere,
    ...placements.flatMap((placement) => [rooms[placement].pipeConsumers, rooms[placement].least]),
  ]);
  return [
    'everywhere: every producer piped to every other worker, producers × (workers − 1). By placement: ' +
      'what @tureen/vertical makes, and the least that serves all who watch where they were placed. ' +
      'After people came and went.',
    table(
      [
        'each watches',
        'peers',
        'workers',
        'producers',
        'everywhere',
        ...placements.flatMap((placement) => [placement, 'least']),
      ],
      cells,
    ),
  ].join('\n\n');
}
