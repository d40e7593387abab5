// One process at a time, among processes that may be killed at any moment.
//
// The lock is a file that names its owner. A dead owner's file is never removed by those who
// wait: two of them could do so one after the other, the second removing the file of the first.
// Instead the dead owner's token names the one file by which it can be succeeded, and creating
// that file is the taking over; only one process can. So the owner is the last of a chain that
// is one file long unless somebody died, and only the owner removes it, from the root on.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LockError } from './errors.mjs';

const POLL_MS = 200;
const HEARTBEAT_MS = 10_000;
const FOREIGN_STALE_MS = 60_000;

const ignoreMissing = (error) => {
  if (error.code !== 'ENOENT') throw error;
};

// Process ids are used again: with the start time (clock ticks since boot) they are not.
function startTimeOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function processExists(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// Of a process on another machine (or in another container) nothing can be seen but whether it
// still touches its file.
async function isAlive(owner, path) {
  if (owner.host !== hostname()) {
    const { mtimeMs } = await stat(path);
    return Date.now() - mtimeMs < FOREIGN_STALE_MS;
  }
  return processExists(owner.pid) && startTimeOf(owner.pid) === owner.started;
}

async function readOwner(path) {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return ignoreMissing(error);
  }
  try {
    const owner = JSON.parse(text);
    if (Number.isInteger(owner.pid) && typeof owner.token === 'string') return owner;
  } catch {
    // Falls through to the error below.
  }
  throw new LockError(`${path} is not a lock file of ours: remove it if nothing uses it`);
}

/** The chain's files, its living owner if there is one, and where the next owner's file goes. */
async function walk(root) {
  const chain = [];
  for (let path = root; ;) {
    const owner = await readOwner(path);
    if (!owner) return { chain, next: path };
    chain.push(path);
    const alive = await isAlive(owner, path).catch(ignoreMissing);
    if (alive) return { chain, owner };
    path = `${root}.${owner.token}`;
  }
}

// link() makes the file appear with its content, or fails if there is one already.
async function createExclusively(path, owner) {
  const draft = `${path}.${owner.token}.draft`;
  await writeFile(draft, JSON.stringify(owner));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

async function removeAll(paths) {
  for (const path of paths) await unlink(path).catch(ignoreMissing);
}

async function acquire(root, { log, purpose, signal }) {
  await mkdir(dirname(root), { recursive: true });
  const owner = {
    pid: process.pid,
    started: startTimeOf(process.pid),
    host: hostname(),
    token: randomUUID(),
  };
  for (let waitingFor; ;) {
    signal?.throwIfAborted();
    const state = await walk(root);
    if (state.owner) {
      if (waitingFor !== state.owner.token) {
        waitingFor = state.owner.token;
        log(`waiting for process ${state.owner.pid}, which is ${purpose}`);
      }
      // Aborting it only ends the wait: the loop then throws the signal's own reason.
      await delay(POLL_MS, undefined, { signal }).catch(() => {});
      continue;
    }
    if (!(await createExclusively(state.next, owner))) continue;
    // The chain may have been released while we were looking at its end: then the root is gone,
    // and what we created hangs on nothing.
    const confirmed = await walk(root);
    if (confirmed.owner?.token === owner.token) {
      if (state.chain.length > 0) log('took over from a process that died');
      return confirmed.chain;
    }
    await removeAll([state.next]);
  }
}

/**
 * Runs `action` while holding the lock, waiting for its turn. The lock of a process that died
 * is taken over.
 *
 * @template T
 * @param {string} path lock file; its folder is created
 * @param {{ log?: (message: string) => void, purpose?: string, signal?: AbortSignal }} options
 *   purpose: what the owner does, for the message shown to those who wait ("installing packages")
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withLock(path, { log = () => {}, purpose = 'at work', signal }, action) {
  const chain = await acquire(path, { log, purpose, signal });
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(chain.at(-1), now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await action();
  } finally {
    clearInterval(heartbeat);
    await removeAll(chain);
  }
}
