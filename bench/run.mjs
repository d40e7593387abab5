import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { StepError, interruption, main } from '../scripts/lib/console.mjs';
import { setUpBuild, setUpWorker } from '../scripts/lib/setup.mjs';
import { judgeAll, renderGoals } from './goals/index.mjs';
import { OUTPUT, benchFile } from './lib/paths.mjs';

const SECTIONS = {
  calls: 'latency, throughput and CPU of calls: local, remote and bare echo',
  wire: 'bytes and frames of each call',
  roundTrips: 'how often each operation crosses the network',
  memory: 'heap per consumer, getters, what is left after closing',
  direct: 'DirectTransport: packets per second and CPU per packet',
  resume: 'what sessions that outlive connections cost, and how they recover',
  pipes: 'pipe consumers that rooms make, beside all streams everywhere and the least possible',
  vertical: 'what several workers as one cost: CPU per packet, a hop, delay, load beyond a core',
  hosts: 'two hosts as one: how often they are asked, and what a hop between them costs',
};

const WARNINGS = {
  full: '',
  quick: 'Few rounds: what is close to a limit may be on either side of it.\n\n',
  smallest: 'Far too few rounds to judge anything by.\n\n',
};

const HELP = `Measures a tureen-server against local mediasoup and against the bare wire, and
says which performance goals are reached. docs/performance.md tells how to read it.

Usage: npm run bench [-- options]

  --quick           few rounds: under a minute, for a first look
  --size SIZE       full (default), quick, or smallest, which only shows that it works
  --only NAME       one section; can be repeated:
${Object.entries(SECTIONS)
  .map(([name, what]) => `                      ${name.padEnd(12)}${what}`)
  .join('\n')}
  --against FOLDER  section calls: also measure another built checkout, in the same rounds
  --profile FOLDER  sections calls and direct: write CPU profiles of client and daemon there
  --core NUMBER     the core for sections calls, memory and resume, which steadies times (default: the
                    last)
  --no-core         let them have all cores
  --priority        go before what else the machine does (root on Linux): steadier where it is busy
  --output FOLDER   where results.txt and results.json go (default: bench/output)
  --no-setup        take the packages as they are built; needs MEDIASOUP_WORKER_BIN
  --help            show this help
`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      size: { type: 'string' },
      only: { type: 'string', multiple: true },
      against: { type: 'string' },
      profile: { type: 'string' },
      core: { type: 'string' },
      'no-core': { type: 'boolean' },
      priority: { type: 'boolean' },
      output: { type: 'string', default: OUTPUT },
      'no-setup': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const size = values.size ?? (values.quick ? 'quick' : 'full');
  const names = values.only ?? Object.keys(SECTIONS);
  if (!['full', 'quick', 'smallest'].includes(size)) throw new StepError(`no size "${size}"`);
  for (const name of names) {
    if (!Object.hasOwn(SECTIONS, name)) throw new StepError(`no section "${name}"; see --help`);
  }
  return { ...values, size, names };
}

async function setUp(options, signal) {
  if (options['no-setup']) {
    if (!process.env.MEDIASOUP_WORKER_BIN) throw new StepError('MEDIASOUP_WORKER_BIN is not set');
    return;
  }
  process.env.MEDIASOUP_WORKER_BIN ??= await setUpWorker(signal);
  await setUpBuild(signal);
}

/** Where time is compared: waking another core costs more than the work, and chance decides. */
const steady = new Set(['calls', 'memory', 'resume']);

/** A command that keeps a process and all that it starts on one core, where there is taskset. */
function onOneCore(name, options) {
  if (!steady.has(name) || options['no-core'] || process.platform !== 'linux') return [];
  return ['taskset', '-c', options.core ?? String(availableParallelism() - 1)];
}

/** Each section has a process of its own: heaps and compiled code of one do not touch another's. */
async function runSection(name, options, signal) {
  const { size, against, profile } = options;
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const [command, ...args] = [
    ...onOneCore(name, options),
    process.execPath,
    ...profiling,
    benchFile('sectionProcess.mjs'),
    name,
    JSON.stringify({ size, against, profile }),
  ];
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A session of its own: Linux gives each a share of the machine, whatever their priorities.
    detached: options.priority,
  });
  const end = () => child.kill('SIGTERM');
  if (options.priority) raisePriority(child.pid);
  let result;
  child.once('message', (message) => (result = message));
  signal.addEventListener('abort', end, { once: true });
  const [code, killedBy] = await once(child, 'exit');
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  if (!result) throw new StepError(`section ${name} ended with ${killedBy ?? `status ${code}`}`);
  return result;
}

function raisePriority(pid) {
  const priority = -10;
  setPriority(pid, priority);
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(priority));
  } catch {
    // A kernel without such shares.
  }
}

async function runSections(options, signal) {
  const results = {};
  const texts = [];
  for (const name of options.names) {
    const { title, render } = await import(`./sections/${name}.mjs`);
    const started = performance.now();
    console.error(`[bench] ${name} …`);
    try {
      results[name] = await runSection(name, options, signal);
      texts.push(`## ${title}\n\n${render(results[name])}`);
    } catch (error) {
      signal.throwIfAborted();
      // The others have something to say all the same.
      process.exitCode = 1;
      console.error(error.message);
    }
    console.error(`[bench] ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  return { results, texts };
}

function describeMachine() {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    kernel: `${process.platform} ${release()}`,
    cpu: `${availableParallelism()} × ${first?.model ?? 'unknown'}`,
    load: `load ${loadavg()[0].toFixed(1)}`,
  };
}

await main(async () => {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const signal = interruption();
  const machine = { ...describeMachine(), size: options.size };
  await setUp(options, signal);
  const { results, texts } = await runSections(options, signal);
  const goals = judgeAll(results);
  const text = [
    Object.values(machine).join(', '),
    ...texts,
    `## Goals\n\n${WARNINGS[options.size]}${renderGoals(goals)}`,
  ].join('\n\n');

  mkdirSync(options.output, { recursive: true });
  writeFileSync(join(options.output, 'results.txt'), `${text}\n`);
  const json = JSON.stringify({ machine, goals, results }, undefined, 2);
  writeFileSync(join(options.output, 'results.json'), `${json}\n`);
  process.stdout.write(`${text}\n\nwritten to ${options.output}\n`);
});
