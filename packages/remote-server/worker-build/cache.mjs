// Where workers that we provided are kept, outside of any project.
import { accessSync, constants, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { WorkerBuildError } from './errors.mjs';
import { WORKER_FILE, hostName } from './host.mjs';

// Raise it when a change to the build must replace the workers that earlier ones left here.
const BUILD_REVISION = 1;

/** `$XDG_CACHE_HOME/tureen`, or `~/.cache/tureen`. */
export function cacheFolder(env = process.env) {
  const base = env.XDG_CACHE_HOME;
  // The XDG specification wants relative paths ignored.
  return join(base && isAbsolute(base) ? base : join(env.HOME || homedir(), '.cache'), 'tureen');
}

/** Path of the cached worker for a mediasoup version on this host, there or not. */
export function cachedWorkerPath(version, env = process.env) {
  const key = `${version}-${hostName()}-r${BUILD_REVISION}`;
  return join(cacheFolder(env), 'worker', key, WORKER_FILE);
}

/** Whether a path is a file that this process may execute. */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Puts a worker into the cache: copied next to its place, checked there, and only then renamed,
 * so that nobody ever finds half a file or one that was not checked.
 *
 * @param {string} source
 * @param {string} target from cachedWorkerPath()
 * @param {(path: string) => Promise<void>} check rejects to keep it out
 */
export async function storeWorker(source, target, check) {
  await ensureCacheFolder(dirname(target));
  const draft = `${target}.${process.pid}.draft`;
  try {
    await copyFile(source, draft);
    await chmod(draft, 0o755);
    await check(draft);
    const file = await open(draft);
    await file.sync();
    await file.close();
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Creates a folder in the cache, with an error that says how to have the cache elsewhere. */
export async function ensureCacheFolder(folder) {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new WorkerBuildError(
      `cannot create ${folder} (${error.code}): set XDG_CACHE_HOME to a folder that you may write to`,
      { cause: error },
    );
  }
}
