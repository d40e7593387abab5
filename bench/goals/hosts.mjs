// Goals 4 and 7, between hosts.
import { tolerance } from '../lib/roundTrips.mjs';
import { judge } from './judge.mjs';

export function judgeHosts({ crossings, hop }) {
  const watching = crossings.rows.filter(({ name }) => name.startsWith('consume across hosts'));
  return [
    ...watching.map(({ name, theory, least }) =>
      judge({
        goal: '4 round trips',
        what: `vertical over two hosts: ${name}`,
        reached: least,
        limit: theory * tolerance,
        floor: theory,
      }),
    ),
    ...hop.arms
      .filter(({ ratio }) => ratio)
      .map(({ name, ratio }) =>
        judge({
          goal: '7 spreading',
          what: `CPU of one hop between hosts ÷ that of one made by hand, ${name}`,
          reached: ratio.median,
          limit: 1.1,
          floor: 1,
        }),
      ),
  ];
}
