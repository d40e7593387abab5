// What it costs that sessions outlive their connections, and what it gives when one breaks.
import { once } from 'node:events';
import { inFlight } from '../lib/blocks.mjs';
import { connect, disconnect } from '../lib/connect.mjs';
import { MediaThrough } from '../lib/MediaThrough.mjs';
import { PeerEcho } from '../lib/PeerEcho.mjs';
import { bury, startDaemon, startHelper, stop, strike } from '../lib/processes.mjs';
import { Proxy } from '../lib/Proxy.mjs';
import { median, summary } from '../lib/statistics.mjs';
import { number, spread, table } from '../lib/text.mjs';
import { cpuNanoseconds } from '../lib/usage.mjs';
import { createWorld, operations } from '../lib/world.mjs';

export const title = 'Resume: its price, and recovery';

export const sizes = {
  full: { rounds: 40, calls: 1280, rtt: 40, cuts: 8, losses: 3, mediaCuts: 5 },
  quick: { rounds: 6, calls: 640, rtt: 40, cuts: 2, losses: 1, mediaCuts: 1 },
  smallest: { rounds: 1, calls: 64, rtt: 10, cuts: 1, losses: 1, mediaCuts: 1 },
};
const concurrency = 64;
/** The first attempt to connect again comes at once: the delay says nothing about the crossings. */
const prompt = { minRedialDelay: 1 };

export async function run({ size }) {
  const counts = sizes[size];
  return {
    counts: { ...counts, concurrency },
    price: await measurePrice(counts),
    cuts: await measureCuts(counts),
    media: await measureMedia(counts),
    killed: await measureLoss('SIGKILL', counts.losses),
    // As a host whose power fails: nothing closes its sockets.
    stopped: await measureLoss('SIGSTOP', Math.min(2, counts.losses)),
  };
}

/** Messages with and without an outbox there and back, beside calls of mediasoup. */
async function measurePrice({ rounds, calls }) {
  const server = await startHelper('peerServer.mjs');
  const echo = await PeerEcho.connect(server.ready.url);
  const daemon = await startDaemon();
  const client = await connect(daemon.url);
  const world = await createWorld(client.mediasoup);
  const { run: pause } = operations.find(({ name }) => name === 'consumer.pause/resume');
  const arms = [
    { name: 'kept', pids: [server.pid], call: () => echo.call('patient', [8, 'pause']) },
    { name: 'not kept', pids: [server.pid], call: () => echo.call('lossy', [8, 'pause']) },
    { name: 'pause', pids: [daemon.pid, world.worker.pid], call: () => pause(world) },
  ].map((arm) => ({ ...arm, cpu: [], each: [] }));

  // The first rounds find cold code.
  for (let round = -4; round < rounds; round += 1) {
    for (const arm of round % 2 === 0 ? arms : [...arms].reverse()) {
      const before = cpuOf(arm);
      const milliseconds = await inFlight(concurrency, calls, arm.call);
      if (round < 0) continue;
      arm.cpu.push((cpuOf(arm) - before) / calls / 1000);
      arm.each.push((milliseconds / calls) * 1000);
    }
  }
  await disconnect(client);
  await stop(daemon);
  echo.close();
  await stop(server);
  return evaluatePrice(arms);
}

function cpuOf({ pids }) {
  return [process.pid, ...pids].reduce((sum, pid) => sum + cpuNanoseconds(pid), 0);
}

function evaluatePrice([kept, notKept, pause]) {
  const share = (part) =>
    summary(kept[part].map((value, round) => (value - notKept[part][round]) / median(pause[part])));
  const arms = [kept, notKept, pause].map(({ name, cpu, each }) => ({
    name,
    cpu: summary(cpu),
    each: summary(each),
  }));
  return { arms, cpu: share('cpu'), throughput: share('each') };
}

/** A connection breaks with a call under way, 40 ms from the daemon. */
async function measureCuts({ cuts, rtt }) {
  const daemon = await startDaemon();
  const proxy = await Proxy.start(daemon.url, { delay: rtt / 2 });
  const client = await connect(proxy.url, prompt);
  const world = await createWorld(client.mediasoup);
  const units = [];
  const samples = { noticed: [], resumed: [], answered: [] };
  // The first one finds cold code.
  for (let cut = 0; cut <= cuts; cut += 1) {
    units.push(await timed(() => world.plain.dump()));
    const sample = await cutOnce(client, proxy, world);
    if (cut === 0) continue;
    for (const [part, value] of Object.entries(sample)) samples[part].push(value);
  }
  const unit = Math.min(...units);
  await disconnect(client);
  proxy.close();
  await stop(daemon);
  const inUnits = (values) => summary(values.map((value) => value / unit));
  return {
    unit,
    noticed: summary(samples.noticed),
    resumed: inUnits(samples.resumed),
    answered: inUnits(samples.answered),
    // What else the machine does only adds: the least tells the number of crossings.
    leastResumed: Math.min(...samples.resumed) / unit,
    leastAnswered: Math.min(...samples.answered) / unit,
  };
}

async function cutOnce(client, proxy, world) {
  const answer = world.plain.dump();
  const disconnected = once(client, 'disconnected');
  const connected = once(client, 'connected');
  const began = performance.now();
  proxy.cut();
  await disconnected;
  const noticed = performance.now();
  await connected;
  const resumed = performance.now();
  await answer;
  return {
    noticed: noticed - began,
    resumed: resumed - noticed,
    answered: performance.now() - noticed,
  };
}

async function timed(action) {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

/** RTP through the daemon, a packet every few milliseconds, while the client's connection breaks. */
async function measureMedia({ mediaCuts }) {
  const daemon = await startDaemon();
  const proxy = await Proxy.start(daemon.url);
  const client = await connect(proxy.url, prompt);
  const worker = await client.mediasoup.createWorker({ logLevel: 'none' });
  const media = await MediaThrough.start(worker);
  const gaps = { calm: [], cut: [] };
  for (let cut = 0; cut < mediaCuts; cut += 1) {
    gaps.calm.push(await media.longestGap());
    const connected = once(client, 'connected');
    proxy.cut();
    gaps.cut.push(await media.longestGap());
    await connected;
  }
  const { sent, lost } = await media.stop();
  await disconnect(client);
  proxy.close();
  await stop(daemon);
  return { sent, lost, calm: summary(gaps.calm), cut: summary(gaps.cut) };
}

/** Milliseconds until a client knows that its daemon has gone. */
async function measureLoss(signal, times) {
  const milliseconds = [];
  for (let time = 0; time < times; time += 1) {
    const daemon = await startDaemon();
    const client = await connect(daemon.url);
    await client.mediasoup.createWorker({ logLevel: 'none' });
    const disconnected = once(client, 'disconnected');
    const began = performance.now();
    strike(daemon, signal);
    await disconnected;
    milliseconds.push(performance.now() - began);
    await disconnect(client);
    await bury(daemon);
  }
  return summary(milliseconds);
}

export function render({ counts, price, cuts, media, killed, stopped }) {
  return [
    `${counts.rounds} rounds of ${counts.calls} messages with ${counts.concurrency} in flight, there ` +
      `and back between two processes; kept: numbered, held until acknowledged`,
    table(
      ['', 'µs each', 'CPU µs of all processes'],
      price.arms.map(({ name, each, cpu }) => [name, spread(each), spread(cpu)]),
    ),
    `after a cut, ${counts.rtt} ms from the daemon (one call: ${number(cuts.unit)} ms), and when the ` +
      `daemon goes`,
    table(
      ['', 'in theory', 'least', 'median'],
      [
        ['cut noticed, ms', 0, '', spread(cuts.noticed)],
        ['session goes on, round trips', 2, cuts.leastResumed, spread(cuts.resumed)],
        ['call made before is answered', 3, cuts.leastAnswered, spread(cuts.answered)],
        [`RTP packets lost of ${media.sent}`, 0, '', media.lost],
        ['longest gap in RTP, calm, ms', '', '', spread(media.calm)],
        ['longest gap in RTP, cut, ms', '', '', spread(media.cut)],
        ['killed daemon noticed, ms', 0, '', spread(killed)],
        ['hanging daemon noticed, ms', '', '', spread(stopped)],
      ],
    ),
  ].join('\n\n');
}
