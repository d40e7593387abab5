// Producers that nobody watches any more: two workers must do as little as if nobody ever had.
import { median, ratios, summary } from '../lib/statistics.mjs';
import { PlainArm, VerticalArm } from './arms.mjs';
import { addProducers, addViewer, inTurns, pass } from './traffic.mjs';

export async function measureUnwatched({ sender, port }, { rounds, seconds, streams }) {
  // At 2 Mbit/s each: where hardly anything is to do, what waking costs hides what work does.
  const perSecond = 230 * streams;
  const count = Math.ceil(perSecond * seconds);
  const arms = [
    await PlainArm.open('producers', 2),
    await VerticalArm.open('vertical', { maxWorkers: 2 }),
    await PlainArm.open('byHand', 2),
    await PlainArm.open('everywhere', 2),
  ];
  const rooms = new Map();
  for (const arm of arms) rooms.set(arm, await addProducers(arm, streams, 2));
  const [, vertical, byHand, everywhere] = arms;
  const pipesBefore = await comeAndGo(vertical, rooms.get(vertical), port);
  await comeAndGo(byHand, rooms.get(byHand), port);
  for (const [index, producer] of rooms.get(everywhere).producers.entries()) {
    await everywhere.pipe(producer, 1 - (index % 2));
  }
  const results = await inTurns(arms, rounds, async (arm) => {
    const { received, totalCpu } = await pass(arm, rooms.get(arm), { sender, perSecond, count });
    return { each: totalCpu / 1000 / received, pipes: arm.pipes };
  });
  for (const arm of arms) arm.close();
  const each = (name) => results[name].map((result) => result.each);
  return {
    streams,
    perSecond,
    pipesBefore,
    arms: arms.map(({ name }) => ({
      name,
      pipes: median(results[name].map(({ pipes }) => pipes)),
      each: summary(each(name)),
      ratio: summary(ratios(each(name), each('producers'))),
    })),
  };
}

/** Somebody on either worker watches everything, and leaves. Gives the pipes that were needed. */
async function comeAndGo(arm, { producers }, port) {
  const viewers = await Promise.all([0, 1].map((at) => addViewer(arm, producers, { port, at })));
  const { pipes } = arm;
  await arm.dismiss(viewers);
  return pipes;
}
