// While one worker can carry a room: it has to cost what it costs on a plain worker.
import { median, ratios, summary } from '../lib/statistics.mjs';
import { PlainArm, VerticalArm } from './arms.mjs';
import { addProducers, addViewer, inTurns, pass } from './traffic.mjs';

export async function measureConcentrated({ sender, port }, { rounds, seconds, viewers }) {
  const perSecond = 460;
  const count = Math.ceil(perSecond * seconds);
  const arms = [
    await PlainArm.open('plain', 1),
    await VerticalArm.open('vertical', { maxWorkers: 2, placement: 'concentrate' }),
  ];
  const rooms = new Map();
  for (const arm of arms) rooms.set(arm, await fillRoom(arm, viewers, port));
  const results = await inTurns(arms, rounds, async (arm) => {
    const { forwarded, totalCpu } = await pass(arm, rooms.get(arm), { sender, perSecond, count });
    return {
      each: totalCpu / 1000 / forwarded,
      delivered: forwarded / (count * viewers),
      workers: arm.pids.length,
      pipes: arm.pipes,
    };
  });
  for (const arm of arms) arm.close();
  const of = (name, part) => results[name].map((result) => result[part]);
  return {
    viewers,
    perSecond,
    arms: arms.map(({ name }) => ({
      name,
      each: summary(of(name, 'each')),
      delivered: median(of(name, 'delivered')),
      workers: Math.max(...of(name, 'workers')),
      pipes: Math.max(...of(name, 'pipes')),
    })),
    ratio: summary(ratios(of('vertical', 'each'), of('plain', 'each'))),
  };
}

async function fillRoom(arm, viewers, port) {
  const room = { ...(await addProducers(arm, 4)), consumers: [] };
  for (let index = 0; index < viewers; index += 1) {
    const { consumers } = await addViewer(arm, room.producers, { port });
    room.consumers.push(...consumers);
  }
  return room;
}
