// A steady load for a long time: does anything grow?
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { interruption, main, StepError } from '../../scripts/lib/console.mjs';
import { setUpBuild, setUpPackages, setUpWorker } from '../../scripts/lib/setup.mjs';
import { ROOT } from '../../scripts/lib/workspace.mjs';
import { judge } from './judge.mjs';
import { plot } from './plot.mjs';

const HELP = `Keeps a tureen-server and an application under a steady load, rooms coming and going
and media flowing, and says whether memory, handles and file descriptors of both stay flat.

Usage: npm run soak [-- options]

  --minutes N    how long (default: 20)
  --rooms N      rooms at a time (default: 6)
  --life N       seconds that a room lives (default: 8)
  --help         show this help

Writes tests/output/soak.json and tests/output/soak.svg.
`;
const OUTPUT = join(ROOT, 'tests', 'output');
const sampleTime = 5000;
const MiB = 1024 * 1024;

const openFiles = (pid) => readdirSync(`/proc/${pid}/fd`).length;

function residentMemory(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

async function startDaemon(workerBin) {
  const daemon = spawn(
    process.execPath,
    [join(ROOT, 'packages/remote-server/dist/bin.js'), '--port', '0', '--health-port', '0'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MEDIASOUP_WORKER_BIN: workerBin },
    },
  );
  const ready = new Promise((resolve, reject) => {
    createInterface(daemon.stderr).on('line', (line) => {
      if (!line.startsWith('{')) {
        // It could not start; what it says tells why.
        console.error(line);
        return;
      }

      const { msg, url, health } = JSON.parse(line);

      if (msg === 'ready') resolve({ url, health });
    });
    daemon.once('exit', (code) => reject(new StepError(`the daemon ended with ${code}`)));
  });

  return { daemon, ...(await ready) };
}

async function metrics(health) {
  const text = await (await fetch(`${health}/metrics`)).text();
  const figure = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);

  return {
    heap: figure('nodejs_heap_size_used_bytes'),
    handles: figure('nodejs_active_handles_total') + figure('nodejs_active_requests_total'),
    workers: figure('tureen_objects\\{object="worker"\\}'),
    consumers: figure('tureen_objects\\{object="consumer"\\}'),
    unacknowledged: figure('tureen_outbox_frames'),
  };
}

async function sample({ daemon, app, health, began }) {
  const answer = once(app, 'message');

  app.send('figures');

  const [figures] = await answer;
  const { workers, consumers, unacknowledged, ...ofDaemon } = await metrics(health);
  const { rss, heap, handles, ...rest } = figures;

  return {
    seconds: (performance.now() - began) / 1000,
    daemon: { ...ofDaemon, rss: residentMemory(daemon.pid), fds: openFiles(daemon.pid) },
    app: { rss, heap, handles, fds: openFiles(app.pid) },
    workers,
    consumers,
    unacknowledged,
    ...rest,
  };
}

function show({ seconds, daemon, app, roomsOpened, received, workers, consumers }) {
  const side = (name, { rss, heap, handles, fds }) =>
    `${name} ${Math.round(rss / MiB)} MiB, heap ${Math.round(heap / MiB)}, ${handles} handles, ${fds} files`;

  console.log(
    `${Math.round(seconds)} s: ${side('daemon', daemon)}; ${side('app', app)}; ` +
      `${workers} workers, ${consumers} consumers, ${roomsOpened} rooms so far, ${received} packets`,
  );
}

function summarize(samples) {
  const verdict = judge(samples);
  const still = samples.findIndex(
    ({ received }, index) => index > 1 && received <= samples[index - 1].received,
  );
  const complaints = [
    ...verdict
      .filter(({ flat }) => !flat)
      .map(({ side, figure, from, to }) => `${figure} of the ${side} grew from ${from} to ${to}`),
    ...(still < 0 ? [] : [`no media at ${Math.round(samples[still].seconds)} s`]),
    ...samples.at(-1).events,
  ];
  const last = samples.at(-1);

  mkdirSync(OUTPUT, { recursive: true });
  writeFileSync(
    join(OUTPUT, 'soak.json'),
    JSON.stringify({ verdict, complaints, samples }, null, 1),
  );
  writeFileSync(
    join(OUTPUT, 'soak.svg'),
    plot(
      samples,
      `Soak of ${(last.seconds / 60).toFixed(1)} minutes: ${last.roomsOpened} rooms, ` +
        `${last.received} packets`,
    ),
  );
  for (const { side, figure, from, to, flat } of verdict) {
    const scale = figure === 'rss' || figure === 'heap' ? MiB : 1;

    console.log(
      `${flat ? 'flat' : 'GREW'}  ${side} ${figure}: ` +
        `${(from / scale).toFixed(1)} to ${(to / scale).toFixed(1)}${scale === MiB ? ' MiB' : ''}`,
    );
  }
  console.log(`figures: tests/output/soak.json, plot: tests/output/soak.svg`);

  return complaints;
}

async function soak({ minutes, rooms, life }, signal) {
  await setUpPackages(signal);
  const workerBin = await setUpWorker(signal);
  await setUpBuild(signal);

  const { daemon, url, health } = await startDaemon(workerBin);
  const app = fork(join(import.meta.dirname, 'app.mjs'), [url, rooms, life]);
  const samples = [];
  const began = performance.now();

  try {
    while (performance.now() - began < minutes * 60_000) {
      await delay(sampleTime, undefined, { signal });
      if (app.exitCode !== null) throw new StepError('the application ended');
      samples.push(await sample({ daemon, app, health, began }));
      show(samples.at(-1));
    }
    app.send('end');
    await once(app, 'exit');
  } finally {
    app.kill('SIGKILL');
    daemon.removeAllListeners('exit');
    daemon.kill('SIGTERM');
    if (daemon.exitCode === null) await once(daemon, 'exit');
  }

  const complaints = summarize(samples);

  if (complaints.length > 0) throw new StepError(`not flat: ${complaints.join('; ')}`);
  console.log('flat');
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '20' },
      rooms: { type: 'string', default: '6' },
      life: { type: 'string', default: '8' },
      help: { type: 'boolean', default: false },
    },
  });

  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  for (const name of ['minutes', 'rooms', 'life']) {
    if (!(Number(values[name]) > 0)) throw new StepError(`--${name} must be a number above 0`);
  }
  await soak({ ...values, minutes: Number(values.minutes) }, interruption());
});
