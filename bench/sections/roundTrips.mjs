// How often each operation crosses the network: time behind a delaying proxy, in round trips.
import { connect, disconnect } from '../lib/connect.mjs';
import { loopback, mediaCodecs, plainAudio } from '../lib/payloads.mjs';
import { startDaemon, stop } from '../lib/processes.mjs';
import { Proxy } from '../lib/Proxy.mjs';
import { inRoundTrips } from '../lib/roundTrips.mjs';
import { median } from '../lib/statistics.mjs';
import { number, spread, table } from '../lib/text.mjs';
import { cpuNanoseconds } from '../lib/usage.mjs';
import { createWorld, operations } from '../lib/world.mjs';

export const title = 'Round trips';

export const sizes = {
  full: { rtt: 40, calls: 12, pipes: 8, producers: 50 },
  quick: { rtt: 40, calls: 4, pipes: 3, producers: 50 },
  smallest: { rtt: 10, calls: 1, pipes: 1, producers: 3 },
};
const atOnce = 64;

export async function run({ size }) {
  const counts = sizes[size];
  const hosts = [await startHost(counts), await startHost(counts)];
  // Within one worker the ids of piped producers would collide.
  const neighbour = await secondWorker(hosts[0]);
  const measured = [];
  const units = [];
  const add = async (name, theory, milliseconds, extra) => {
    measured.push({ name, theory, milliseconds, ...extra });
    // Spread over the run, so that the unit has suffered what the operations have.
    for (let count = 0; count < 2; count += 1) {
      units.push(await timed(() => hosts[0].world.sink.dump()));
    }
  };

  await timed(() => hosts[0].world.sink.dump());
  await addCalls(hosts[0], counts, add);
  await addPipes('routers of one daemon', [hosts[0], neighbour], counts, add);
  await addPipes('routers of two daemons', hosts, counts, add);
  for (const host of hosts) await host.close();

  return { counts: { ...counts, atOnce }, ...inRoundTrips(measured, units) };
}

async function startHost({ rtt }) {
  const daemon = await startDaemon();
  const proxy = await Proxy.start(daemon.url, { delay: rtt / 2 });
  const client = await connect(proxy.url);
  const world = await createWorld(client.mediasoup);
  return {
    client,
    world,
    pids: [daemon.pid, world.worker.pid],
    close: async () => {
      await disconnect(client);
      proxy.close();
      await stop(daemon);
    },
  };
}

async function secondWorker(host) {
  const worker = await host.client.mediasoup.createWorker({ logLevel: 'none' });
  return { ...host, world: { ...host.world, worker }, pids: [...host.pids, worker.pid] };
}

/** Milliseconds of each run; the first one, which finds everything cold, does not count. */
async function repeat(count, action, cleanUp = () => undefined) {
  const milliseconds = [];
  for (let index = 0; index <= count; index += 1) {
    let result;
    const took = await timed(async () => (result = await action()));
    if (index > 0) milliseconds.push(took);
    await cleanUp(result);
  }
  return milliseconds;
}

async function addCalls({ world }, { calls }, add) {
  for (const { name, run: call, creates } of operations) {
    const close = creates ? (object) => object.close() : undefined;
    await add(name, 1, await repeat(calls, () => call(world), close));
  }
  const many = (call) => Promise.all(Array.from({ length: atOnce }, call));
  const { run: consume } = operations.find(({ name }) => name === 'consume');
  const closeAll = (objects) => objects.forEach((object) => object.close());
  await add(
    `${atOnce} × transport.dump at once`,
    1,
    await repeat(calls, () => many(() => world.plain.dump())),
  );
  await add(
    `${atOnce} × consume at once`,
    1,
    await repeat(calls, () => many(() => consume(world)), closeAll),
  );
  const consumers = await many(() => consume(world));
  const closings = consumers.map((consumer) => timedAtOnce(() => consumer.close()));
  await add('consumer.close()', 0, closings);
  const router = await world.worker.createRouter({ mediaCodecs });
  await add('router.close()', 0, [timedAtOnce(() => router.close())]);
}

async function timed(action) {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

/** Of an action that does not wait for anything. */
function timedAtOnce(action) {
  const started = performance.now();
  action();
  return performance.now() - started;
}

/**
 * A viewer on one router watches a producer of another: cold, with no pipe yet between the two;
 * warm, with one; and all the producers of a room at once.
 */
async function addPipes(where, [from, to], counts, add) {
  const source = await from.world.worker.createRouter({ mediaCodecs });
  const sender = await source.createPlainTransport({ listenInfo: loopback });
  const cold = { pipe: [], watch: [] };
  const warm = { pipe: [], watch: [] };

  for (let round = 0; round < counts.pipes; round += 1) {
    const target = await to.world.worker.createRouter({ mediaCodecs });
    const viewer = await target.createPlainTransport({ listenInfo: loopback });
    const { rtpCapabilities } = target;
    for (const into of [cold, warm]) {
      const producer = await sender.produce(plainAudio(from.world.next()));
      const started = performance.now();
      await source.pipeToRouter({ producerId: producer.id, router: target });
      into.pipe.push(performance.now() - started);
      await viewer.consume({ producerId: producer.id, rtpCapabilities });
      into.watch.push(performance.now() - started);
      producer.close();
    }
    target.close();
  }
  await add(`pipeToRouter, ${where}, cold`, 2, cold.pipe);
  await add(`pipeToRouter, ${where}, warm`, 2, warm.pipe);
  await add(`pipeToRouter and consume, ${where}, cold`, 2, cold.watch);
  await add(`pipeToRouter and consume, ${where}, warm`, 2, warm.watch);
  await addRoom(where, { source, sender, from, to }, counts, add);
  source.close();
}

async function addRoom(where, { source, sender, from, to }, { producers: count, pipes }, add) {
  const pids = new Set([process.pid, ...from.pids, ...to.pids]);
  const cpu = () => [...pids].reduce((sum, pid) => sum + cpuNanoseconds(pid), 0) / 1e6;
  const milliseconds = [];
  const cpuMilliseconds = [];

  for (let round = 0; round < Math.min(3, pipes); round += 1) {
    const target = await to.world.worker.createRouter({ mediaCodecs });
    const viewer = await target.createPlainTransport({ listenInfo: loopback });
    const { rtpCapabilities } = target;
    const producers = await Promise.all(
      Array.from({ length: count + 1 }, () => sender.produce(plainAudio(from.world.next()))),
    );
    const watch = async ({ id: producerId }) => {
      await source.pipeToRouter({ producerId, router: target });
      return viewer.consume({ producerId, rtpCapabilities });
    };
    await watch(producers[count]);
    const before = cpu();
    const started = performance.now();
    await Promise.all(producers.slice(0, count).map(watch));
    milliseconds.push(performance.now() - started);
    cpuMilliseconds.push(cpu() - before);
    for (const producer of producers) producer.close();
    target.close();
  }
  await add(`${count} producers at once, ${where}, warm`, 2, milliseconds, {
    cpuMilliseconds: median(cpuMilliseconds),
  });
}

export function render({ counts, unit, rows }) {
  return [
    `${counts.rtt} ms of round trip added by a proxy; the fastest call took ` +
      `${number(unit)} ms, which is the unit; the least of a row has waited for nothing else`,
    table(
      ['operation', 'in theory', 'ms', 'least round trips', 'median', 'CPU ms'],
      rows.map((row) => [
        row.name,
        row.theory,
        row.milliseconds,
        row.least,
        spread(row.roundTrips),
        row.cpuMilliseconds,
      ]),
    ),
  ].join('\n\n');
}
