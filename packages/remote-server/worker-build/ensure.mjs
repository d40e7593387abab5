// Where the worker comes from: each place is tried in turn, the cheapest and most explicit first.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cachedWorkerPath, ensureCacheFolder, isExecutable, storeWorker } from './cache.mjs';
import { downloadWorker, isDownloadRefused } from './download.mjs';
import { VerificationError, WorkerBinError, WorkerBuildError } from './errors.mjs';
import { WORKER_FILE, canRunHere } from './host.mjs';
import { withLock } from './lock.mjs';
import { findMediasoup } from './mediasoup.mjs';
import { loggedProgress } from './progress.mjs';
import { buildWorker } from './source-build.mjs';
import { verifyWorker } from './verify.mjs';

/** The worker that MEDIASOUP_WORKER_BIN names, or undefined without that variable. */
function explicitWorker(env) {
  const path = env.MEDIASOUP_WORKER_BIN;
  if (!path) return undefined;
  if (isExecutable(path)) return resolve(path);
  throw new WorkerBinError(
    `MEDIASOUP_WORKER_BIN is set to ${path}, which is not a file that can be executed`,
  );
}

async function readManifest(mediasoupDir) {
  const path = join(mediasoupDir, 'package.json');
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new WorkerBuildError(`no mediasoup package in ${mediasoupDir}: ${error.message}`, {
      cause: error,
    });
  }
}

async function usable(path, log) {
  if (!isExecutable(path)) return undefined;
  if (await canRunHere(path)) return path;
  log(`${path} does not run on this host, so it is passed over`);
  return undefined;
}

/** Downloads or builds into a temporary folder, verifies, and puts the result into the cache. */
async function provide(cached, { mediasoupDir, manifest, forceBuild, ...context }) {
  const { log, env } = context;
  const folder = await mkdtemp(join(env.TMPDIR || tmpdir(), 'tureen-worker-'));
  const store = (built) =>
    storeWorker(built, cached, (workerBin) => {
      log('verifying the worker: SRTP pipe, DTLS handshake');
      return verifyWorker({ workerBin, mediasoupDir });
    });
  try {
    if (!forceBuild && !isDownloadRefused(env)) {
      const downloaded = await downloadWorker({ manifest, folder, ...context });
      if (downloaded && (await storedUnlessFaulty(() => store(downloaded), log))) return cached;
    }
    await store(await buildWorker({ mediasoupDir, folder, ...context }));
    log(`the worker works and is kept at ${cached}`);
    return cached;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function storedUnlessFaulty(store, log) {
  try {
    await store();
    return true;
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    log(`the prebuilt worker is not used: ${error.message}`);
    return false;
  }
}

/**
 * Resolves with the path of a mediasoup-worker, trying in this order: MEDIASOUP_WORKER_BIN; the
 * worker in mediasoup's own folder; one that was provided before; mediasoup's prebuilt download
 * (not with TUREEN_WORKER_NO_DOWNLOAD=1); a build from mediasoup's sources. What was downloaded
 * or built is verified, then kept for the next time. Safe when several processes do it at once.
 *
 * Rejects with a WorkerBuildError whose message says what to do, or with the signal's reason.
 *
 * @param {object} [options]
 * @param {string} [options.mediasoupDir] folder of the mediasoup package; default: the one that
 *   the current folder would import, else the one that this package would
 * @param {(message: string) => void} [options.log] default: silence
 * @param {(progress: { done: number, total: number }) => void} [options.onProgress] steps of the
 *   build; default: every tenth to `log`
 * @param {NodeJS.ProcessEnv} [options.env] default: process.env
 * @param {AbortSignal} [options.signal] ends what is under way and cleans up
 * @param {boolean} [options.forceBuild] build from source whatever is there; default: false
 * @returns {Promise<string>}
 */
export async function ensureWorker({
  mediasoupDir: givenMediasoupDir,
  log = () => {},
  onProgress = loggedProgress(log, 'building'),
  env = process.env,
  signal,
  forceBuild = false,
} = {}) {
  const explicit = forceBuild ? undefined : explicitWorker(env);
  if (explicit) return explicit;

  const mediasoupDir = resolve(givenMediasoupDir ?? findMediasoup());
  const manifest = await readManifest(mediasoupDir);
  const cached = cachedWorkerPath(manifest.version, env);
  const own = join(mediasoupDir, 'worker', 'out', 'Release', WORKER_FILE);
  const existing = async () => (await usable(own, log)) ?? (await usable(cached, log));
  const found = forceBuild ? undefined : await existing();
  if (found) return found;

  await ensureCacheFolder(dirname(cached));
  const purpose = `providing the worker for mediasoup ${manifest.version}`;
  return withLock(`${dirname(cached)}.lock`, { log, purpose, signal }, async () => {
    // Whoever held the lock before us may have done all the work.
    const providedMeanwhile = forceBuild ? undefined : await usable(cached, log);
    if (providedMeanwhile) return providedMeanwhile;
    const context = { mediasoupDir, manifest, forceBuild, log, onProgress, env, signal };
    return provide(cached, context);
  });
}
