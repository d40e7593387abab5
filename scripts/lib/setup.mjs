// Everything that has to be there before the daemon, the example or the tests can run.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ensurePackages,
  ensureWorker,
  progressFor,
} from '../../packages/remote-server/worker-build/index.mjs';
import { buildPackages } from './build.mjs';
import { StepError, step } from './console.mjs';
import { installPackages } from './install.mjs';
import { ROOT } from './workspace.mjs';

const CHROMIUM = '/usr/bin/chromium';
const FFMPEG = '/usr/bin/ffmpeg';
/** The same program as the server, which goes by its name; its own package would be a service. */
const REDIS = { '/usr/bin/redis-check-rdb': 'redis-tools' };
/** Programs that make networks of hosts, and Debian's packages that they are in. */
const NETWORK_TOOLS = { '/usr/sbin/ip': 'iproute2', '/usr/bin/python3': 'python3' };
/** What checks and runs the files of deploy/, and Debian's packages of them. */
const DEPLOY_TOOLS = {
  '/usr/sbin/nginx': 'nginx-light',
  '/usr/sbin/haproxy': 'haproxy',
  '/usr/bin/promtool': 'prometheus',
  '/usr/bin/systemd-analyze': 'systemd',
};
/** Debian's packages ask it whether they may start their services; 101 is no. */
const POLICY = '/usr/sbin/policy-rc.d';

export function setUpPackages(signal) {
  return step('packages', (say) => installPackages(say, signal));
}

/** Resolves with the worker's path. */
export function setUpWorker(signal) {
  return step('worker', async (say) => {
    const workerBin = await ensureWorker({
      mediasoupDir: join(ROOT, 'node_modules', 'mediasoup'),
      log: say,
      onProgress: progressFor(process.stdout, say, '[worker] building'),
      signal,
    });
    say(workerBin);
    return workerBin;
  });
}

export function setUpBuild(signal, { force } = {}) {
  return step('build', (say) => buildPackages(say, { signal, force }));
}

export function setUpChromium(signal) {
  return step('chromium', async (say) => {
    if (existsSync(CHROMIUM)) return;
    const why = 'Running the browser tests';
    await ensurePackages({ packages: ['chromium'], why, log: say, signal });
    if (!existsSync(CHROMIUM)) throw new StepError(`there is no ${CHROMIUM}: install Chromium`);
  });
}

export function setUpFfmpeg(signal) {
  return step('ffmpeg', async (say) => {
    if (existsSync(FFMPEG)) return;
    const why = 'Running the media tests';
    await ensurePackages({ packages: ['ffmpeg'], why, log: say, signal });
    if (!existsSync(FFMPEG)) throw new StepError(`there is no ${FFMPEG}: install ffmpeg`);
  });
}

export function setUpRedis(signal) {
  return setUpTools('redis', REDIS, 'Running the discovery tests', signal);
}

export function setUpNetworkTools(signal) {
  return setUpTools('network tools', NETWORK_TOOLS, 'Running the tests with several hosts', signal);
}

export function setUpDeployTools(signal) {
  return setUpTools('deploy', DEPLOY_TOOLS, 'Running the tests of deploy/', signal);
}

/** @param {Record<string, string>} tools Debian's packages by the programs that are needed of them */
function setUpTools(name, tools, why, signal) {
  return step(name, async (say) => {
    const missing = () => Object.keys(tools).filter((file) => !existsSync(file));
    if (missing().length === 0) return;
    const packages = missing().map((file) => tools[file]);
    await withoutStartingServices(() => ensurePackages({ packages, why, log: say, signal }));
    const [file] = missing();
    if (file) throw new StepError(`there is no ${file}: install ${tools[file]}`);
  });
}

/** The tests start what they need themselves; nothing of the system's own shall run. */
async function withoutStartingServices(action) {
  if (process.getuid?.() !== 0 || existsSync(POLICY)) return action();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await action();
  } finally {
    rmSync(POLICY, { force: true });
  }
}

/**
 * All of it; what is there already takes no time.
 *
 * @param {{ signal?: AbortSignal, chromium?: boolean, ffmpeg?: boolean, redis?: boolean,
 *   networkTools?: boolean, deployTools?: boolean }} [options] all but the signal: for the tests that
 *   use them
 * @returns {Promise<{ workerBin: string }>}
 */
export async function setup({ signal, chromium, ffmpeg, redis, networkTools, deployTools } = {}) {
  await setUpPackages(signal);
  const workerBin = await setUpWorker(signal);
  await setUpBuild(signal);
  if (chromium) await setUpChromium(signal);
  if (ffmpeg) await setUpFfmpeg(signal);
  if (redis) await setUpRedis(signal);
  if (networkTools) await setUpNetworkTools(signal);
  if (deployTools) await setUpDeployTools(signal);
  return { workerBin };
}
