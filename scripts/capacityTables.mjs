// Writes what planCapacity() says into docs/capacity.md; with --check, only tells whether it is there.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CapacityError,
  defaultWeights,
  measuredCosts,
  planCapacity,
  usualRates,
} from '@tureen/vertical';
import prettier from 'prettier';
import { main, StepError } from './lib/console.mjs';
import { ROOT } from './lib/workspace.mjs';

const DOCUMENT = join(ROOT, 'docs', 'capacity.md');

const table = (head, rows) =>
  [head, head.map((_, column) => (column > 0 ? '---:' : '---')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

function weights() {
  const { transport, producer, consumer, pipe } = defaultWeights;
  const { received, forwarded, piped } = measuredCosts;
  const streams = [
    ['producer', producer, received],
    ['consumer', consumer, forwarded],
    ['pipe, on each of its two workers', pipe, piped],
  ].flatMap(([name, weight, cost]) =>
    ['audio', 'video'].map((kind) => [
      `${kind} ${name}`,
      usualRates[kind],
      cost[kind],
      weight[kind],
    ]),
  );
  return table(
    ['', 'packets/s', 'µs of CPU per packet', 'units'],
    [...streams, ['transport', '', '', transport]],
  );
}

function example() {
  const { breakdown } = planCapacity({ broadcasters: 4, viewers: 200 });
  return ['```text', breakdown, '```'].join('\n');
}

/** Cores and, if there are any, piped streams. */
function cell(demand) {
  try {
    const { cores, pipes } = planCapacity(demand);
    return pipes ? `${cores} (${pipes})` : `${cores}`;
  } catch (error) {
    if (error instanceof CapacityError) return 'no';
    throw error;
  }
}

function broadcasts() {
  const viewers = [10, 50, 100, 200, 500, 1000, 2000];
  return table(
    ['broadcasters', ...viewers.map((count) => `${count} viewers`)],
    [1, 2, 4, 8, 16, 30].map((broadcasters) => [
      broadcasters,
      ...viewers.map((count) => cell({ broadcasters, viewers: count })),
    ]),
  );
}

function conferences() {
  const people = [5, 10, 20, 40, 80, 160];
  const row = (name, watched) => [
    name,
    ...people.map((broadcasters) =>
      cell({ broadcasters, viewers: 0, broadcastersWatch: true, watched }),
    ),
  ];
  return table(
    ['each', ...people.map((count) => `${count} people`)],
    [
      row('sees and hears all others'),
      row('hears all others, sees 9', { video: 9 }),
      row('sees and hears 9 others', { audio: 9, video: 9 }),
    ],
  );
}

const tables = { weights, example, broadcasts, conferences };

/** The document, with each table as it is to be between its two comments. */
async function updated(document) {
  const text = Object.entries(tables).reduce((before, [name, make]) => {
    const start = `<!-- ${name}: by scripts/capacityTables.mjs -->`;
    const end = `<!-- end of ${name} -->`;
    const [from, to] = [before.indexOf(start), before.indexOf(end)];
    if (from < 0 || to < from) throw new StepError(`docs/capacity.md has no place for ${name}`);
    return `${before.slice(0, from)}${start}\n\n${make()}\n\n${before.slice(to)}`;
  }, document);
  const options = await prettier.resolveConfig(DOCUMENT);
  return prettier.format(text, { ...options, filepath: DOCUMENT });
}

await main(async () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const before = readFileSync(DOCUMENT, 'utf8');
  const after = await updated(before);
  if (!values.check) {
    writeFileSync(DOCUMENT, after);
  } else if (before !== after) {
    throw new StepError(
      'docs/capacity.md is not what planCapacity() says: run node scripts/capacityTables.mjs',
    );
  }
});
