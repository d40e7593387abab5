import { number, table } from '../lib/text.mjs';
import { judgeCalls } from './calls.mjs';
import { judgeHosts } from './hosts.mjs';
import { judgeRoundTrips, judgeWire } from './network.mjs';
import { judgeDirect, judgeMemory } from './objects.mjs';
import { judgeResume } from './resume.mjs';
import { judgePipes, judgeVertical } from './vertical.mjs';

const judges = {
  calls: judgeCalls,
  roundTrips: judgeRoundTrips,
  wire: judgeWire,
  direct: judgeDirect,
  memory: judgeMemory,
  resume: judgeResume,
  pipes: judgePipes,
  vertical: judgeVertical,
  hosts: judgeHosts,
};

/** Every goal that the results of these sections speak of. */
export function judgeAll(results) {
  return Object.entries(judges).flatMap(([section, judgeSection]) =>
    results[section] ? judgeSection(results[section]) : [],
  );
}

export function renderGoals(lines) {
  const rows = lines.map(({ goal, what, reached, limit, atLeast, floor, verdict, reason }) => [
    goal,
    what,
    limit === undefined ? '' : `${atLeast ? '≥' : '≤'} ${number(limit)}`,
    number(reached),
    number(floor),
    reason === undefined ? verdict : `${verdict}: ${reason}`,
  ]);
  const count = (verdict) => lines.filter((line) => line.verdict === verdict).length;
  return [
    table(['goal', 'what', 'limit', 'here', 'floor', ''], rows, 2),
    `${count('reached')} reached, ${count('MISSED')} missed, ${count('n/a')} not applicable`,
  ].join('\n\n');
}
