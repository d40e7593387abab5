// Everything that has to be there before the daemon, the example or the tests can run.
import { existsSync } from 'node:fs';
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

/**
 * All of it; what is there already takes no time.
 *
 * @param {{ signal?: AbortSignal, chromium?: boolean }} [options] chromium: for browser tests
 * @returns {Promise<{ workerBin: string }>}
 */
export async function setup({ signal, chromium = false } = {}) {
  await setUpPackages(signal);
  const workerBin = await setUpWorker(signal);
  await setUpBuild(signal);
  if (chromium) await setUpChromium(signal);
  return { workerBin };
}
