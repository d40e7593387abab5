import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StepError, interruption, main, seconds, showError } from './lib/console.mjs';
import { runTool } from './lib/runTool.mjs';
import {
  setUpBuild,
  setUpChromium,
  setUpDeployTools,
  setUpFfmpeg,
  setUpNetworkTools,
  setUpPackages,
  setUpRedis,
  setUpWorker,
} from './lib/setup.mjs';
import { workspacePackages } from './lib/workspace.mjs';

const HELP = `Checks everything: sets up, then types, lint, format, packages and all tests.

Usage: npm test [-- vitest arguments]

  npm test -- tests/faults          only these tests, after all other checks
  npm test -- -t 'reconnects'       only tests with this in their name
  npm test -- --help                show this help
`;

const REPORTER = fileURLToPath(new URL('./lib/failuresReporter.mjs', import.meta.url));
const results = [];
/** One line for each test that failed, for the very end, where the eye (and a log's tail) is. */
const failures = [];

/** Runs one step; a failure is shown and counted, and the next step has its turn. */
async function check(name, action) {
  console.log(`\n=== ${name}`);
  const started = performance.now();
  let ok = false;
  try {
    await action();
    ok = true;
  } catch (error) {
    showError(error);
  }
  results.push({ name, ok, took: seconds(started) });
  return ok;
}

async function command(signal, name, ...args) {
  signal.throwIfAborted();
  const failure = await runTool(signal, name, args);
  if (failure) throw new StepError(`${name} ended with ${failure}`);
}

async function setUp(signal) {
  if (!(await check('npm packages', () => setUpPackages(signal)))) return false;
  await check('mediasoup-worker', async () => {
    process.env.MEDIASOUP_WORKER_BIN = await setUpWorker(signal);
  });
  await check('build', () => setUpBuild(signal));
  await check('Chromium', () => setUpChromium(signal));
  await check('ffmpeg', () => setUpFfmpeg(signal));
  await check('Redis', () => setUpRedis(signal));
  await check('network tools', () => setUpNetworkTools(signal));
  await check('nginx, HAProxy, promtool, systemd-analyze', () => setUpDeployTools(signal));
  return true;
}

async function checkAll(vitestArgs, signal) {
  // Nothing below exists without the npm packages.
  if (!(await setUp(signal))) return;
  const run = (...args) => command(signal, ...args);
  await check('types', () => run('tsc', '-b'));
  await check('lint', () => run('eslint', '.'));
  await check('format', () => run('prettier', '--check', '.'));
  for (const { name, folder, isPublic } of workspacePackages()) {
    if (isPublic) await check(`publint ${name}`, () => run('publint', 'run', '--strict', folder));
  }
  await check('tests', () => runTests(run, vitestArgs));
}

async function runTests(run, vitestArgs) {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-tests-'));

  process.env.TUREEN_FAILURES_FILE = join(folder, 'failures.json');
  try {
    const reporters = ['--reporter=default', `--reporter=${REPORTER}`];
    await run('vitest', 'run', ...reporters, ...vitestArgs);
  } catch (error) {
    // There is none if vitest itself failed, and has said why.
    const text = await readFile(process.env.TUREEN_FAILURES_FILE, 'utf8').catch(() => '[]');
    failures.push(...JSON.parse(text));
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function showSummary() {
  console.log('\n=== summary');
  for (const { name, ok, took } of results) {
    console.log(`${ok ? 'passed' : 'FAILED'}  ${name} (${took})`);
  }
  for (const line of failures) console.log(`  ${line}`);
  const failed = results.filter(({ ok }) => !ok).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

const wantsHelp = process.argv.includes('--help');
await main(async () => {
  if (wantsHelp) {
    process.stdout.write(HELP);
    return;
  }
  await checkAll(process.argv.slice(2), interruption());
  showSummary();
});
