// Streams into an arm, viewers who take them, and what passing a number of packets on costs.
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { plainVideo } from '../lib/payloads.mjs';
import { ask } from '../lib/processes.mjs';
import { cpuNanoseconds, waitNanoseconds } from '../lib/usage.mjs';

const cryptoSuite = 'AES_CM_128_HMAC_SHA1_80';
const keyBytes = 30;
let nextSsrc = 50_000;

/** Producers of video, each with a transport of its own, on workers in turn. */
export async function addProducers(arm, count, workers = 1) {
  const producers = [];
  const streams = [];
  for (let index = 0; index < count; index += 1) {
    const transport = await arm.createTransport({ comedia: true }, index % workers);
    const ssrc = nextSsrc++;
    producers.push(await arm.produce(transport, plainVideo(ssrc)));
    streams.push({ port: transport.tuple.localPort, ssrc });
  }
  return { producers, streams };
}

/** Somebody who takes all of these producers, and whose packets go to a port of ours. */
export async function addViewer(arm, producers, { port, at, encrypted, paused }) {
  const transport = await arm.createTransport(
    encrypted ? { enableSrtp: true, srtpCryptoSuite: cryptoSuite } : {},
    at,
  );
  await transport.connect({
    ip: '127.0.0.1',
    port,
    srtpParameters: encrypted
      ? { cryptoSuite, keyBase64: randomBytes(keyBytes).toString('base64') }
      : undefined,
  });
  const consumers = await Promise.all(
    producers.map((producer) => arm.consume(transport, producer, { paused })),
  );
  return { transport, consumers };
}

/**
 * Sends so many packets, evenly over the streams, and waits until they have passed.
 *
 * @returns What came to the producers and left by the consumers, packets; CPU of each worker, and how
 *   long it was kept from having more of it, nanoseconds; milliseconds that all took.
 */
export async function pass(arm, room, { sender, perSecond, count }) {
  const { streams, producers, consumers = [] } = room;
  const before = { in: await packets(producers, 'inbound-rtp'), out: await packetsOut(consumers) };
  const { pids } = arm;
  const started = performance.now();
  const [cpu, waited] = [pids.map(cpuNanoseconds), pids.map(waitNanoseconds)];
  await ask(sender, { streams, perSecond, count });
  await quiet(producers, consumers);
  const milliseconds = performance.now() - started;
  const spent = pids.map((pid, index) => cpuNanoseconds(pid) - cpu[index]);
  const kept = pids.map((pid, index) => waitNanoseconds(pid) - waited[index]);
  return {
    received: (await packets(producers, 'inbound-rtp')) - before.in,
    forwarded: (await packetsOut(consumers)) - before.out,
    cpu: spent,
    totalCpu: spent.reduce((sum, each) => sum + each, 0),
    /** Of the time, the worst worker. */
    starved: Math.max(...kept) / 1e6 / milliseconds,
    milliseconds,
  };
}

function packetsOut(consumers) {
  return packets(consumers, 'outbound-rtp');
}

async function packets(sources, direction) {
  const stats = await Promise.all(sources.map((source) => source.getStats()));
  return stats
    .flat()
    .filter(({ type }) => type === direction)
    .reduce((sum, { packetCount }) => sum + packetCount, 0);
}

/** Resolves when what is asked has not changed for a while: a full worker still has a queue. */
async function quiet(producers, consumers) {
  const watched = [producers[0], producers.at(-1)];
  const ends = consumers.length > 0 ? [consumers[0], consumers.at(-1)] : [];
  const read = async () =>
    (await packets(watched, 'inbound-rtp')) + (ends.length > 0 ? await packetsOut(ends) : 0);
  let last = -1;
  for (let now = await read(); now !== last; now = await read()) {
    last = now;
    await setTimeout(100);
  }
}

/**
 * Rounds in which all arms take turns, in reverse order every other time, after which another one is
 * first; the first round, which is to warm up, does not count.
 *
 * @returns By the arm's name what `measure` gave in each round.
 */
export async function inTurns(arms, rounds, measure) {
  const results = Object.fromEntries(arms.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    // Each place of each order comes up, also of two arms.
    const first = (round >> 1) % arms.length;
    const turns = [...arms.slice(first), ...arms.slice(0, first)];
    for (const arm of round % 2 === 0 ? turns : turns.reverse()) {
      const result = await measure(arm);
      if (round > 0) results[arm.name].push(result);
    }
  }
  return results;
}
