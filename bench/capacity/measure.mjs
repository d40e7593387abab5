// Measures what planCapacity() reckons with: the CPU of a worker per packet, and what rooms take.
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { planCapacity, unitsPerCore, usualRates, weightsFor } from '@tureen/vertical';
import { cpuNanoseconds } from '../lib/usage.mjs';
import { median } from '../lib/statistics.mjs';
import { number, table } from '../lib/text.mjs';
import { Stage } from './Stage.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
  },
});
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
const settling = 2000;
const rates = usualRates;
const repeat = (count, what) => Array.from({ length: count }, () => what);

async function packetsOf(producers) {
  const stats = await Promise.all(producers.map((producer) => producer.getStats()));
  return stats.flat().reduce((sum, { packetCount }) => sum + packetCount, 0);
}

/** CPU of workers, in microseconds per second, and the packets that come to producers. */
async function observe(pids, producers) {
  await setTimeout(settling);
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    const [cpu, packets, time] = [
      pids.map(cpuNanoseconds),
      await packetsOf(producers),
      performance.now(),
    ];
    await setTimeout(seconds * 1000);
    const elapsed = (performance.now() - time) / 1000;
    results.push({
      cpu: pids.map((pid, index) => (cpuNanoseconds(pid) - cpu[index]) / 1000 / elapsed),
      packets: ((await packetsOf(producers)) - packets) / elapsed,
    });
  }
  return {
    cpu: pids.map((_, index) => median(results.map(({ cpu }) => cpu[index]))),
    packets: median(results.map(({ packets }) => packets)),
  };
}

/** A stage with so many broadcasters, each sending these kinds, in a router of a worker. */
async function broadcast(broadcasters, kinds) {
  const stage = await Stage.open();
  const [outside, home] = [await stage.router(), await stage.router()];
  const streams = await Promise.all(
    repeat(broadcasters, kinds).map((each) => stage.streams(outside, each, rates)),
  );
  const carried = await Promise.all(
    streams.map((own) =>
      stage.carry(
        outside,
        home,
        own.map(({ producer }) => producer),
      ),
    ),
  );
  stage.send(streams.flat().map(({ stream }) => stream));
  return { stage, outside, home, producers: carried.flat() };
}

/** People who receive all producers of a router. */
async function watch(stage, router, sink, producers, viewers) {
  const carried = await Promise.all(
    repeat(viewers, router).map((from) => stage.carry(from, sink, producers)),
  );
  return carried.flat();
}

/** What all producers of one router are in another. */
async function pipe(from, to, producers) {
  return Promise.all(
    producers.map(async ({ id }) => {
      const { pipeProducer } = await from.pipeToRouter({ producerId: id, router: to });
      return pipeProducer;
    }),
  );
}

async function costsOf(kind, broadcasters, fanOut) {
  const { stage, home, producers } = await broadcast(broadcasters, [kind]);
  const received = await observe([home.pid], producers);
  const other = await stage.router();
  const piped = await observe([home.pid, other.pid], await pipe(home, other, producers));
  stage.close();

  const few = await broadcast(fanOut.broadcasters, [kind]);
  const sink = await few.stage.router();
  const base = await observe([few.home.pid], few.producers);
  const arrived = await watch(few.stage, few.home, sink, few.producers, fanOut.viewers);
  const forwarded = await observe([few.home.pid], arrived);
  few.stage.close();
  return {
    kind,
    received: received.cpu[0] / received.packets,
    'piped: source': (piped.cpu[0] - received.cpu[0]) / piped.packets,
    'piped: target': piped.cpu[1] / piped.packets,
    forwarded: (forwarded.cpu[0] - base.cpu[0]) / forwarded.packets,
    delivered: forwarded.packets / (fanOut.broadcasters * fanOut.viewers * rates[kind]),
  };
}

/** A whole room, and what it takes by the plan: on one worker, or with half of the viewers each. */
async function room(broadcasters, viewers, workers) {
  const { stage, home, producers } = await broadcast(broadcasters, ['audio', 'video']);
  const sink = await stage.router();
  const others = await Promise.all(repeat(workers - 1).map(() => stage.router()));
  const arrived = await watch(stage, home, sink, producers, viewers / workers);
  for (const other of others) {
    const copies = await pipe(home, other, producers);
    arrived.push(...(await watch(stage, other, sink, copies, viewers / workers)));
  }
  const { cpu, packets } = await observe(
    [home, ...others].map(({ pid }) => pid),
    arrived,
  );
  stage.close();
  const weights = weightsFor();
  const pipes = (workers - 1) * broadcasters * 2 * (weights.pipe.audio + weights.pipe.video);
  const { weight } = planCapacity({ broadcasters, viewers, budgetPerCore: Infinity });
  const unitsPerMicrosecond = unitsPerCore / 1_000_000;
  const measured = cpu.map((each) => each * unitsPerMicrosecond);
  const total = measured.reduce((sum, each) => sum + each, 0);
  return {
    room: `${broadcasters} × ${viewers} on ${workers}`,
    planned: weight + pipes,
    measured: total,
    each: measured.map((each) => Math.round(each)).join(' + '),
    'measured ÷ planned': total / (weight + pipes),
    delivered: packets / (broadcasters * viewers * (rates.audio + rates.video)),
  };
}

function show(results) {
  const heads = Object.keys(results[0]);
  const cell = (value) => (typeof value === 'number' ? number(value) : value);
  console.log(
    `${table(
      heads,
      results.map((each) => heads.map((head) => cell(each[head]))),
      1,
    )}\n`,
  );
}

console.log('Microseconds of CPU per packet');
show([
  await costsOf('video', 20, { broadcasters: 4, viewers: 20 }),
  await costsOf('audio', 40, { broadcasters: 8, viewers: 30 }),
]);
console.log('Units of weight of a whole room');
show([await room(4, 16, 1), await room(4, 16, 2), await room(1, 50, 1), await room(1, 50, 2)]);
