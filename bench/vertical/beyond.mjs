// More than one core can carry: encrypted, as between people, so that few packets fill it.
import { median, summary } from '../lib/statistics.mjs';
import { PlainArm, VerticalArm } from './arms.mjs';
import { addProducers, addViewer, inTurns, pass } from './traffic.mjs';

const producerCount = 4;
const perSecond = 115 * producerCount;
/** Viewers by whom a plain worker's cost is learned. */
const firstViewers = 10;
/** A worker that delivers less than this, though it has a core, is beyond what it can carry. */
const losing = 0.97;
const hasCore = 0.1;

/**
 * @param {object} counts
 * @param {number} counts.load - How much to offer at first: cores, if packets among many cost what
 *   they cost a worker that has little to do. They cost less.
 * @param {number} counts.most - How much to offer at the most, if the plain worker does not lose.
 */
export async function measureBeyond({ sender, port }, { rounds, seconds, load, most }) {
  const count = Math.ceil(perSecond * seconds);
  const plain = await PlainArm.open('plain', 1);
  const vertical = await VerticalArm.open('vertical', { maxWorkers: 2, placement: 'concentrate' });
  const traffic = { sender, perSecond, count };
  const rooms = new Map([
    [plain, await openRoom(plain)],
    [vertical, await openRoom(vertical)],
  ]);
  const room = rooms.get(plain);

  await fill(plain, room, firstViewers, port);
  await pass(plain, room, traffic);
  const learned = await pass(plain, room, traffic);
  const coreShare = learned.totalCpu / learned.forwarded / 1e9;
  const viewersFor = (cores) => Math.ceil(cores / (coreShare * perSecond));
  let offered = load;
  await fill(plain, room, viewersFor(offered), port);
  while (offered < most && (await carries(plain, room, traffic))) {
    offered = Math.min(most, offered * 1.07);
    await fill(plain, room, viewersFor(offered), port);
  }
  await fill(vertical, rooms.get(vertical), room.viewers, port);

  const results = await inTurns([plain, vertical], rounds, async (arm) => {
    const passed = await pass(arm, rooms.get(arm), traffic);
    return {
      delivered: passed.forwarded / (count * room.viewers),
      forwarded: passed.forwarded / (passed.milliseconds / 1000),
      each: passed.totalCpu / 1000 / passed.forwarded,
      cpu: passed.cpu.map((each) => each / 1e4 / passed.milliseconds),
      starved: passed.starved,
      pipes: arm.pipes,
    };
  });
  plain.close();
  vertical.close();
  return {
    viewers: room.viewers,
    perSecond,
    arms: Object.entries(results).map(([name, rows]) => evaluate(name, rows)),
  };
}

async function openRoom(arm) {
  return { ...(await addProducers(arm, producerCount)), consumers: [], viewers: 0 };
}

async function fill(arm, room, viewers, port) {
  for (; room.viewers < viewers; room.viewers += 1) {
    const { consumers } = await addViewer(arm, room.producers, { port, encrypted: true });
    room.consumers.push(...consumers);
  }
}

/** True also if the worker did not have the core that it wanted: that says nothing of it. */
async function carries(arm, room, traffic) {
  const { forwarded, starved } = await pass(arm, room, traffic);
  return starved > hasCore || forwarded / (traffic.count * room.viewers) > losing;
}

function evaluate(name, rows) {
  const of = (part) => rows.map((row) => row[part]);
  return {
    name,
    delivered: summary(of('delivered')),
    forwarded: median(of('forwarded')),
    each: summary(of('each')),
    cpu: rows[0].cpu.map((_, index) => median(rows.map(({ cpu }) => cpu[index] ?? 0))),
    starved: median(of('starved')),
    pipes: Math.max(...of('pipes')),
  };
}
