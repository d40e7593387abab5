import { spread, table } from '../lib/text.mjs';

/** @param {Record<string, string>} names - What the arms are called. */
export function renderHop(title, { streams, perSecond, arms }, names) {
  const rows = arms.map(({ name, pipes, left, home, other, both, ratio }) => [
    names[name],
    pipes,
    left,
    spread(home),
    spread(other),
    spread(both),
    ratio ? spread(ratio) : '',
  ]);
  return [
    `${title}: ${streams} streams, ${perSecond} packets/s; CPU µs per piped packet beyond that of receiving it`,
    table(['', 'pipes', 'left', 'where it leaves', 'where it comes', 'sum', '÷ by hand'], rows),
  ].join('\n\n');
}
