// Goals 6 to 8: several workers as one.
import { judge, unjudged } from './judge.mjs';

/** A worker that was kept from a core for more of the time than this loses packets for that. */
const starving = 0.1;
/** What the plain worker must lose for there to be anything to take off it. */
const losing = 0.99;

export function judgePipes({ rows }) {
  const rooms = rows.flatMap((row) => Object.values(row.rooms));
  const line = (what, reached, limit, floor) =>
    judge({ goal: '6 pipes', what, reached, limit, floor });
  const most = (pick) => Math.max(...rooms.map(pick));
  return [
    line(
      `pipe consumers beyond the least possible, worst of ${rooms.length} rooms`,
      most(({ pipeConsumers, least }) => pipeConsumers - least),
      0,
      0,
    ),
    line(
      'pairs of pipe transports beyond one for each two workers',
      most(({ pairs, couples }) => pairs - couples),
      0,
      0,
    ),
    line(
      'pipe consumers when all have left',
      most(({ left }) => left),
      0,
      0,
    ),
  ];
}

export function judgeVertical({ concentrated, beyond, hopCpu, hopDelay, unwatched }) {
  const arm = ({ arms }, name) => arms.find((each) => each.name === name);
  const unwatchedVertical = arm(unwatched, 'vertical');
  return [
    judge({
      goal: '6 pipes',
      what: "nobody watches any more: workers' CPU ÷ producers only",
      reached: unwatchedVertical.ratio.median,
      limit: 1.05,
      floor: arm(unwatched, 'byHand').ratio.median,
    }),
    judge({
      goal: '6 pipes',
      what: 'nobody watches any more: pipes',
      reached: unwatchedVertical.pipes,
      limit: 0,
      floor: 0,
    }),
    judge({
      goal: '7 spreading',
      what: "one worker can carry it: workers' CPU per packet ÷ plain",
      reached: concentrated.ratio.median,
      limit: 1.05,
      floor: 1,
    }),
    judge({
      goal: '7 spreading',
      what: 'one worker can carry it: pipes',
      reached: arm(concentrated, 'vertical').pipes,
      limit: 0,
      floor: 0,
    }),
    ...judgeBeyond(arm(beyond, 'plain'), arm(beyond, 'vertical'), beyond, arm(hopCpu, 'byHand')),
    judgeDelay(hopDelay),
  ];
}

function judgeDelay({ arms, ratio }) {
  const goal = '8 media delay';
  const what = 'added by one hop, p50 ÷ that of one made by hand';
  const apart = Math.min(...arms.map((arm) => arm.apart));
  if (!(apart > 0.5)) {
    const share = Math.round(apart * 100);
    return unjudged(goal, `${what} ≤ 1.2`, `too few free cores: ${share} % could be told`);
  }
  return judge({ goal, what, reached: ratio.p50.median, limit: 1.2, floor: 1 });
}

function judgeBeyond(plain, vertical, { perSecond }, hopByHand) {
  const goal = '7 spreading';
  if (plain.delivered.median > losing) {
    return [unjudged(goal, 'beyond one core', 'one plain worker carried all that was offered')];
  }
  const piped = perSecond * (vertical.pipes / 4);
  const model = plain.each.median + (hopByHand.both.median * piped) / vertical.forwarded;
  const what = 'beyond one core: delivered';
  const cost = judge({
    goal,
    what: "beyond one core: workers' CPU per packet ÷ (plain + pipes by hand)",
    reached: vertical.each.median / model,
    limit: 1.1,
    floor: 1,
  });
  const { median: delivered } = vertical.delivered;
  if (delivered < 0.99 && vertical.starved > starving) {
    const share = Math.round(vertical.starved * 100);
    const reason = `too few free cores: a worker had none for ${share} % of the time; delivered ${delivered.toFixed(3)}`;
    return [unjudged(goal, `${what} ≥ 0.99`, reason), cost];
  }
  const line = judge({
    goal,
    what,
    reached: delivered,
    limit: 0.99,
    atLeast: true,
    floor: plain.delivered.median,
  });
  return [line, cost];
}
