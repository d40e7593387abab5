// The same calls on local mediasoup and through a daemon; and two floors: an echo of the same
// payloads, and the barest remote mediasoup.
import * as mediasoup from 'mediasoup';
import { inFlight, oneByOne } from '../lib/blocks.mjs';
import { Bare } from '../lib/Bare.mjs';
import { makeCertificate } from '../lib/certificate.mjs';
import { connect, disconnect } from '../lib/connect.mjs';
import { Echo } from '../lib/Echo.mjs';
import { startDaemon, startHelper, stop } from '../lib/processes.mjs';
import { median, quantile, ratios, summary } from '../lib/statistics.mjs';
import { number, spread, table } from '../lib/text.mjs';
import { busyShare, cpuNanoseconds, machineTicks } from '../lib/usage.mjs';
import { createWorld, operations, plainAnswer } from '../lib/world.mjs';

export const title = 'Calls: local, remote, and the floors echo and bare';

export const sizes = {
  full: { rounds: 16, warmUp: 2000, oneByOne: 150, inFlight: 640 },
  quick: { rounds: 3, warmUp: 200, oneByOne: 40, inFlight: 256 },
  smallest: { rounds: 1, warmUp: 10, oneByOne: 5, inFlight: 64 },
};
const concurrency = 64;

/**
 * @param {{ size: string, against?: string, profile?: string }} options against: another built
 *   checkout, measured in the same run
 */
export async function run({ size, against, profile }) {
  const counts = sizes[size];
  const arms = await createArms({ against, profile });
  const samples = new Map(
    operations.map(({ name }) => [name, new Map(arms.map((arm) => [arm.name, newSamples()]))]),
  );
  const ticks = machineTicks();
  for (const operation of operations) {
    for (const arm of arms) await measure(arm, operation, { ...counts, inFlight: counts.warmUp });
  }
  for (let round = 0; round < counts.rounds; round += 1) {
    for (const operation of operations) {
      for (const arm of round % 2 === 0 ? arms : [...arms].reverse()) {
        const into = samples.get(operation.name).get(arm.name);
        addSamples(into, await measure(arm, operation, counts));
      }
    }
  }
  const busy = busyShare(ticks, machineTicks());
  for (const arm of arms) await arm.close();
  return { counts: { ...counts, concurrency }, busy, operations: evaluate(samples) };
}

async function createArms({ against, profile }) {
  const local = await localArm();
  const arms = [
    local,
    await echoArm(local.world),
    await bareArm(),
    await remoteArm('remote', { profile }),
  ];
  if (against) arms.push(await remoteArm('against', { root: against }));
  const tls = makeCertificate();
  if (tls) arms.push(await remoteArm('wss', { tls }));
  return arms;
}

async function localArm() {
  const world = await createWorld(mediasoup);
  return {
    name: 'local',
    world,
    worker: world.worker.pid,
    callOf: ({ run }) => run.bind(undefined, world),
    close: () => world.worker.close(),
  };
}

async function remoteArm(name, { root, profile, tls }) {
  const daemon = await startDaemon({ root, profile, tls });
  const client = await connect(daemon.url, { root, ca: tls?.ca });
  const world = await createWorld(client.mediasoup);
  return {
    name,
    world,
    server: daemon.pid,
    worker: world.worker.pid,
    callOf: ({ run }) => run.bind(undefined, world),
    close: async () => {
      await disconnect(client);
      await stop(daemon);
      tls?.remove();
    },
  };
}

/** A remote mediasoup without anything that makes it one: what any must cost here and now. */
async function bareArm() {
  const server = await startHelper('bareServer.mjs');
  const bare = await Bare.connect(server.ready.url);
  const world = await createWorld(bare.mediasoup);
  return {
    name: 'bare',
    world,
    server: server.pid,
    worker: world.worker.pid,
    callOf: ({ run }) => run.bind(undefined, world),
    close: async () => {
      bare.close();
      await stop(server);
    },
  };
}

async function echoArm(world) {
  const server = await startHelper('echoServer.mjs');
  const echo = await Echo.connect(server.ready.url);
  for (const operation of operations) {
    const result = await operation.run(world);
    await echo.call(operation.name, [], plainAnswer(operation, result));
    if (operation.creates) result.close();
  }
  return {
    name: 'echo',
    server: server.pid,
    callOf: ({ name, request }) => {
      const payload = request(world);
      return () => echo.call(name, payload);
    },
    close: async () => {
      echo.close();
      await stop(server);
    },
  };
}

/** One block of an arm: one by one, then many at once. What it creates is closed afterwards. */
async function measure(arm, operation, counts) {
  const made = [];
  const plainCall = arm.callOf(operation);
  const call =
    operation.creates && arm.world ? async () => made.push(await plainCall()) : plainCall;
  await inFlight(concurrency, 20, call);
  const start = cpuOf(arm);
  const latencies = await oneByOne(counts.oneByOne, call);
  const between = cpuOf(arm);
  const milliseconds = await inFlight(concurrency, counts.inFlight, call);
  const end = cpuOf(arm);
  for (const object of made) object.close();
  await settle(arm);
  const perCall = (part) => (end[part] - between[part]) / counts.inFlight / 1000;
  return {
    latencies,
    p50: median(latencies),
    sequentialCpu: (total(between) - total(start)) / counts.oneByOne / 1000,
    perSecond: (counts.inFlight / milliseconds) * 1000,
    clientCpu: perCall('client'),
    serverCpu: perCall('server'),
    workerCpu: perCall('worker'),
    totalCpu: (total(end) - total(between)) / counts.inFlight / 1000,
  };
}

function cpuOf({ server, worker }) {
  return {
    client: cpuNanoseconds(process.pid),
    server: server ? cpuNanoseconds(server) : 0,
    worker: worker ? cpuNanoseconds(worker) : 0,
  };
}

const total = ({ client, server, worker }) => client + server + worker;

/** Until what a block left to do, closing above all, has been done and charged to it. */
async function settle({ world }) {
  if (!world) return;
  await world.worker.getResourceUsage();
  await new Promise((resolve) => setTimeout(resolve, 4));
  await world.worker.getResourceUsage();
}

function newSamples() {
  const parts = ['p50', 'sequentialCpu', 'perSecond', 'clientCpu', 'serverCpu', 'workerCpu'];
  return Object.fromEntries(['latencies', 'totalCpu', ...parts].map((part) => [part, []]));
}

function addSamples(into, { latencies, ...rest }) {
  into.latencies.push(...latencies);
  for (const [part, value] of Object.entries(rest)) into[part].push(value);
}

function evaluate(samples) {
  return operations.map(({ name, group }) => {
    const byArm = samples.get(name);
    const arms = {};
    const comparisons = {};
    for (const [arm, values] of byArm) {
      arms[arm] = evaluateArm(values);
      if (arm !== 'local') comparisons[arm] = compare(byArm, values);
    }
    return { name, group, arms, comparisons };
  });
}

function evaluateArm({ latencies, ...rest }) {
  const medians = Object.entries(rest).map(([part, values]) => [part, summary(values)]);
  return { ...Object.fromEntries(medians), p99: quantile(latencies, 0.99) };
}

function compare(byArm, arm) {
  const local = byArm.get('local');
  const echo = byArm.get('echo');
  const remote = byArm.get('remote');
  const added = arm.p50.map((value, round) => value - local.p50[round]);
  return {
    latencyToRemote: summary(ratios(arm.p50, remote.p50)),
    latency: summary(ratios(arm.p50, local.p50)),
    echoesAdded: summary(ratios(added, echo.p50)),
    throughput: summary(ratios(arm.perSecond, local.perSecond)),
    clientCpu: summary(ratios(arm.clientCpu, local.clientCpu)),
    totalCpu: summary(ratios(arm.totalCpu, local.totalCpu)),
    p99:
      quantile(arm.latencies, 0.99) /
      (quantile(local.latencies, 0.99) + quantile(echo.latencies, 0.99)),
  };
}

export function render({ counts, busy, operations: results }) {
  const absolute = results.flatMap(({ name, arms }) =>
    Object.entries(arms).map(([arm, values]) => [
      name,
      arm,
      spread(values.p50),
      values.p99,
      spread(values.perSecond),
      values.clientCpu.median,
      values.serverCpu.median,
      values.workerCpu.median,
    ]),
  );
  const relative = results.flatMap(({ name, comparisons }) =>
    Object.entries(comparisons).map(([arm, values]) => [
      name,
      arm,
      spread(values.latency),
      arm === 'echo' ? '' : spread(values.echoesAdded),
      arm === 'echo' ? '' : values.p99,
      spread(values.throughput),
      spread(values.clientCpu),
      spread(values.totalCpu),
    ]),
  );
  return [
    `${counts.rounds} rounds of ${counts.oneByOne} calls one by one and ${counts.inFlight} with ` +
      `${concurrency} in flight, arms interleaved; medians of rounds [middle half]; ` +
      `machine ${number(busy * 100)} % busy`,
    table(
      ['call', 'arm', 'µs', 'p99 µs', 'calls/s', 'client CPU µs', 'server CPU', 'worker CPU'],
      absolute,
    ),
    table(
      [
        'call',
        'arm',
        'latency ÷ local',
        '(latency − local) ÷ echo',
        'p99 ÷ (local + echo)',
        'calls/s ÷ local',
        'client CPU ÷ local',
        'all CPU ÷ local',
      ],
      relative,
    ),
  ].join('\n\n');
}
