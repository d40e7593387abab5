// A steady load for a long time: does anything grow?
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { interruption, main, StepError } from '../../scripts/lib/console.mjs';
import { setUpBuild, setUpPackages, setUpWorker } from '../../scripts/lib/setup.mjs';
import { ROOT } from '../../scripts/lib/workspace.mjs';
import { startDaemons } from './daemons.mjs';
import { judge, sidesOf } from './judge.mjs';
import { plot } from './plot.mjs';

const HELP = `Keeps a tureen-server and an application under a steady load, rooms coming and going
and media flowing, and says whether memory, handles and file descriptors of both stay flat,
and whether anything is left in the end.

Usage: npm run soak [-- options]

  --minutes N    how long (default: 20)
  --rooms N      rooms at a time (default: 6)
  --life N       seconds that a room lives (default: 8)
  --cluster      through a vertical cluster: a daemon that makes one worker of those of two
                 others, with people who come and go, so that pipes are made all the time
  --leak N       data producers that the application leaves open of each room: to see that
                 it is noticed (default: 0)
  --judge FILE   judge the figures of an earlier run, its soak.json, instead of running
  --output DIR   where soak.json and soak.svg go (default: tests/output)
  --no-setup     take packages and builds as they are
  --help         show this help

The first five minutes are warm-up. In less than 20 minutes little can be said of slow leaks.
`;
/** Milliseconds between samples. Short runs have as many as one of 20 minutes. */
const longestPause = 5000;
const samplesOfRun = 240;
/** Garbage is collected now and then only, since that changes what is looked at. */
const samplesPerCollection = 12;
/** What is judged needs some collections after the warm-up, however slowly a busy machine tells. */
const leastSamples = 6 * samplesPerCollection;
/** Seconds after which media flows, however slow the machine is, and never stands still for long. */
const firstMedia = 20;
const longestStillness = 4;
const MiB = 1024 * 1024;

const openFiles = (pid) => readdirSync(`/proc/${pid}/fd`).length;

async function metrics(health) {
  const text = await (await fetch(`${health}/metrics`)).text();
  const figure = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);

  return {
    workers: figure('tureen_objects\\{object="worker"\\}'),
    consumers: figure('tureen_objects\\{object="consumer"\\}'),
    unacknowledged: figure('tureen_outbox_frames'),
    pipes: figure('tureen_vertical_pipes\\{kind="media"\\}'),
  };
}

/** Asks a process of its own for its figures. */
async function ask(child, collect) {
  const answer = once(child, 'message');

  child.send({ collect });

  return (await answer)[0];
}

async function sample({ daemons, app, health, began, collect }) {
  const ofDaemons = {};

  for (const [name, daemon] of Object.entries(daemons)) {
    ofDaemons[name] = { ...(await ask(daemon, collect)), fds: openFiles(daemon.pid) };
  }

  const { memory: ofApp, ...rest } = await ask(app, collect);

  return {
    seconds: (performance.now() - began) / 1000,
    ...ofDaemons,
    app: { ...ofApp, fds: openFiles(app.pid) },
    ...(await metrics(health)),
    ...rest,
  };
}

function show(all) {
  const { seconds, roomsOpened, received, workers, consumers, visits, pipes } = all;
  const side = (name, { rss, heapUsed, handles, fds }) =>
    `${name} ${Math.round(rss / MiB)} MiB, heap ${Math.round(heapUsed / MiB)}, ${handles} handles, ${fds} files`;
  const sides = sidesOf([all]).map((name) => side(name, all[name]));
  const ofCluster = visits > 0 ? `${pipes} piped streams, ${visits} visits so far, ` : '';

  console.log(
    `${Math.round(seconds)} s: ${sides.join('; ')}; ${workers} workers, ${consumers} consumers, ` +
      `${ofCluster}${roomsOpened} rooms so far, ${received} packets`,
  );
}

/** What speaks against the run being flat. */
function complaintsOf({ samples, left = [] }, verdict) {
  const still = samples.findIndex(({ seconds, received }) => {
    const before = samples.findLast((sample) => sample.seconds <= seconds - longestStillness);

    return seconds > firstMedia && before && received <= before.received;
  });

  return [
    ...verdict
      .filter(({ flat }) => !flat)
      .map(({ side, figure, growth }) => `${figure} of the ${side} grew by ${Math.ceil(growth)}`),
    ...(still < 0 ? [] : [`no media at ${Math.round(samples[still].seconds)} s`]),
    ...samples.at(-1).events,
    ...left.map((what) => `left in the ${what}`),
  ];
}

function write(folder, { verdict, complaints, left, samples }) {
  const { seconds, roomsOpened, received } = samples.at(-1);
  const title = `Soak of ${(seconds / 60).toFixed(1)} minutes: ${roomsOpened} rooms, ${received} packets`;

  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'soak.json'),
    JSON.stringify({ verdict, complaints, left, samples }, null, 1),
  );
  writeFileSync(join(folder, 'soak.svg'), plot(samples, title));
  console.log(`figures: ${join(folder, 'soak.json')}, plot: ${join(folder, 'soak.svg')}`);
}

/** Says whether it was flat. */
function judgeAloud(run) {
  const verdict = judge(run.samples);
  const complaints = complaintsOf(run, verdict);

  for (const { side, figure, typical, growth, allowed, flat } of verdict) {
    const bytes = figure === 'kept' || figure === 'resident';
    const shown = (value) => (bytes ? `${(value / MiB).toFixed(2)} MiB` : value.toFixed(1));

    console.log(
      `${flat ? 'flat' : 'GREW'}  ${side} ${figure}: around ${shown(typical)}, ` +
        `trend ${shown(growth)} (allowed ${shown(allowed)})`,
    );
  }

  return { ...run, verdict, complaints };
}

async function measure({ minutes, rooms, life, leak, cluster, workerBin }, signal) {
  const { url, health, daemons, stop } = await startDaemons({ cluster, workerBin });
  const options = [url, rooms, life, leak, ...(cluster ? ['cluster'] : [])];
  const app = fork(join(import.meta.dirname, 'app.mjs'), options, { execArgv: ['--expose-gc'] });
  const samples = [];
  const began = performance.now();
  const pause = Math.min(longestPause, (minutes * 60_000) / samplesOfRun);

  try {
    while (performance.now() - began < minutes * 60_000 || samples.length < leastSamples) {
      await delay(pause, undefined, { signal });
      if (app.exitCode !== null) throw new StepError('the application ended');

      const collect = (samples.length + 1) % samplesPerCollection === 0;

      samples.push(await sample({ daemons, app, health, began, collect }));
      show(samples.at(-1));
    }

    return { samples, left: await end(app) };
  } finally {
    app.kill('SIGKILL');
    await stop();
  }
}

/** Lets the application close everything, and tell what is left of it. */
async function end(app) {
  const answer = once(app, 'message');
  const ended = once(app, 'exit');

  app.send('end');

  const { left } = await Promise.race([
    answer.then(([message]) => message),
    ended.then(() => Promise.reject(new StepError('the application ended'))),
  ]);

  await ended;

  return left;
}

async function soak(options, signal) {
  if (options.setup) await setUpPackages(signal);
  const workerBin = await setUpWorker(signal);
  if (options.setup) await setUpBuild(signal);

  return measure({ ...options, workerBin }, signal);
}

/** What an earlier run found. */
function readRun(file) {
  const { samples, left } = JSON.parse(readFileSync(file, 'utf8'));

  return { samples, left };
}

function numbers(values) {
  for (const name of ['minutes', 'rooms', 'life', 'leak']) {
    const least = name === 'leak' ? 0 : Number.MIN_VALUE;

    if (!(Number(values[name]) >= least)) throw new StepError(`--${name} must be a number`);
  }

  return { ...values, minutes: Number(values.minutes), setup: !values['no-setup'] };
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '20' },
      rooms: { type: 'string', default: '6' },
      life: { type: 'string', default: '8' },
      cluster: { type: 'boolean', default: false },
      leak: { type: 'string', default: '0' },
      judge: { type: 'string' },
      output: { type: 'string', default: join(ROOT, 'tests', 'output') },
      'no-setup': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });

  if (values.help) {
    process.stdout.write(HELP);
    return;
  }

  const run = values.judge ? readRun(values.judge) : await soak(numbers(values), interruption());
  const judged = judgeAloud(run);

  write(values.output, judged);
  if (judged.complaints.length > 0) {
    throw new StepError(`not flat: ${judged.complaints.join('; ')}`);
  }
  console.log('flat');
});
