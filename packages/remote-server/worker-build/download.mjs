// mediasoup's own prebuilt worker, from where mediasoup's install script would take it, but
// fetched into a temporary folder: a download that breaks off leaves nothing in node_modules.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WORKER_FILE, canRunHere, prebuiltName } from './host.mjs';
import { run } from './run.mjs';

const ANSWER_TIMEOUT_MS = 5_000;
const TRANSFER_TIMEOUT_MS = 60_000;

function downloadUrl({ version, repository }, env) {
  const base =
    env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL ??
    `${repository.url.replace(/^git\+/, '').replace(/\.git$/, '')}/releases/download`;
  return `${base}/${version}/${prebuiltName(version)}`;
}

/** Whether the user asked us (or mediasoup) not to download. */
export function isDownloadRefused(env) {
  return Boolean(env.TUREEN_WORKER_NO_DOWNLOAD || env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD);
}

async function fetchTo(file, url, signal) {
  const late = new AbortController();
  const reason = (ms) => new Error(`no success within ${ms / 1000} s`);
  let timer = setTimeout(() => late.abort(reason(ANSWER_TIMEOUT_MS)), ANSWER_TIMEOUT_MS);
  const either = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
  try {
    const response = await fetch(url, { signal: either });
    clearTimeout(timer);
    timer = setTimeout(() => late.abort(reason(TRANSFER_TIMEOUT_MS)), TRANSFER_TIMEOUT_MS);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file), { signal: either });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Downloads mediasoup's prebuilt worker into `folder`. Resolves with its path, or with undefined
 * (after a line to `log` that says why) when there is none to be had that runs on this host.
 *
 * @param {object} options
 * @param {{ version: string, repository: { url: string } }} options.manifest mediasoup's package.json
 * @param {string} options.folder temporary folder
 * @param {(message: string) => void} options.log
 * @param {NodeJS.ProcessEnv} options.env
 * @param {AbortSignal} [options.signal]
 */
export async function downloadWorker({ manifest, folder, log, env, signal }) {
  const url = downloadUrl(manifest, env);
  log(`downloading mediasoup's prebuilt worker: ${url}`);
  try {
    const archive = join(folder, 'worker.tgz');
    await fetchTo(archive, url, signal);
    await run('tar', ['-xzf', archive, '-C', folder, WORKER_FILE], { env, signal });
  } catch (error) {
    signal?.throwIfAborted();
    log(`not downloaded: ${error.cause?.message ?? error.message}`);
    return undefined;
  }
  const worker = join(folder, WORKER_FILE);
  if (await canRunHere(worker)) return worker;
  log('the prebuilt worker does not run on this host');
  return undefined;
}
