// One pipe: what it costs either worker and how long it takes, beside one made by hand.
import { ask } from '../lib/processes.mjs';
import { plainAudio } from '../lib/payloads.mjs';
import { median, ratios, summary } from '../lib/statistics.mjs';
import { PlainArm, VerticalArm } from './arms.mjs';
import { addProducers, addViewer, inTurns, pass } from './traffic.mjs';

const openArms = async () => [
  await PlainArm.open('byHand', 2),
  await VerticalArm.open('vertical', { maxWorkers: 2 }),
];

/**
 * A consumer that is paused keeps the pipe busy, and costs nothing itself.
 *
 * @param [given] - Arms to compare, each with two workers: one made by hand first, which the ratios
 *   of the others are to.
 */
export async function measureHopCpu({ sender, port }, { rounds, seconds, streams }, given) {
  const perSecond = 115 * streams;
  const count = Math.ceil(perSecond * seconds);
  const arms = given ?? (await openArms());
  const rooms = new Map();
  for (const arm of arms) rooms.set(arm, await addProducers(arm, streams));
  const results = await inTurns(arms, rounds, async (arm) => {
    const room = rooms.get(arm);
    // The second worker is there in both.
    const early = await addViewer(arm, room.producers, { port, at: 1, paused: true });
    await arm.dismiss([early]);
    const without = await pass(arm, room, { sender, perSecond, count });
    const viewer = await addViewer(arm, room.producers, { port, at: 1, paused: true });
    const pipes = arm.pipes;
    const piped = await pass(arm, room, { sender, perSecond, count });
    await arm.dismiss([viewer]);
    const [home, other] = [0, 1].map(
      (index) => (piped.cpu[index] / piped.received - without.cpu[index] / without.received) / 1000,
    );
    return { home, other, both: home + other, pipes, left: arm.pipes };
  });
  for (const arm of arms) arm.close();
  const of = (name, part) => results[name].map((result) => result[part]);
  return {
    streams,
    perSecond,
    arms: arms.map(({ name }) => ({
      name,
      pipes: median(of(name, 'pipes')),
      left: Math.max(...of(name, 'left')),
      home: summary(of(name, 'home')),
      other: summary(of(name, 'other')),
      both: summary(of(name, 'both')),
      ratio:
        name === arms[0].name
          ? undefined
          : summary(ratios(of(name, 'both'), of(arms[0].name, 'both'))),
    })),
  };
}

/** Each packet at two viewers: one beside the producer, one behind the pipe. */
export async function measureHopDelay(probe, { rounds, packets }) {
  const perSecond = 250;
  const arms = await openArms();
  const ports = new Map();
  for (const [index, arm] of arms.entries()) {
    const transport = await arm.createTransport({ comedia: true });
    const ssrc = 900 + index;
    const producer = await arm.produce(transport, plainAudio(ssrc));
    await addViewer(arm, [producer], { port: probe.ready.beside, at: 0 });
    await addViewer(arm, [producer], { port: probe.ready.behind, at: 1 });
    ports.set(arm, { port: transport.tuple.localPort, ssrc });
  }
  const results = await inTurns(arms, rounds, (arm) =>
    ask(probe, { ...ports.get(arm), perSecond, count: packets }),
  );
  for (const arm of arms) arm.close();
  const of = (name, place, part) => results[name].map((result) => result[place][part]);
  const both = (name, place) => ({
    p50: summary(of(name, place, 'p50')),
    p99: summary(of(name, place, 'p99')),
  });
  const ratio = (part) =>
    summary(ratios(of('vertical', 'added', part), of('byHand', 'added', part)));
  return {
    perSecond,
    arms: arms.map(({ name }) => ({
      name,
      delivered: median(results[name].map(({ delivered }) => delivered)),
      apart: median(results[name].map(({ apart }) => apart)),
      beside: both(name, 'beside'),
      behind: both(name, 'behind'),
      added: both(name, 'added'),
    })),
    ratio: { p50: ratio('p50'), p99: ratio('p99') },
  };
}
