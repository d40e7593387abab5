import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RealObject } from './Tracked.js';

/** Whether the worker has left no process behind. Stacked managers give workers without any. */
export function processHasGone(worker: RealObject): boolean {
  return (worker as { subprocessClosed?: boolean }).subprocessClosed !== false;
}

export async function processGone(worker: RealObject): Promise<void> {
  if (!processHasGone(worker)) {
    await once(worker, 'subprocessclose');
  }
}

/**
 * Closes an object, whatever state its worker's channel is in. A worker whose process mediasoup
 * fails to tell is killed.
 */
export function closeObject(object: RealObject): void {
  try {
    object.close();
  } catch {
    killProcess(object);
  }
}

const elsewhere = new WeakSet<RealObject>();

/** The worker's process is one of another machine: here its pid means nothing. */
export function isElsewhere(worker: RealObject): void {
  elsewhere.add(worker);
}

/** Kills the object's process, if it is a worker that has one, as a child of this process. */
export function killProcess(object: RealObject): void {
  const { pid } = object as { pid?: unknown };

  if (typeof pid === 'number' && !elsewhere.has(object) && isChild(pid)) {
    process.kill(pid, 'SIGKILL');
  }
}

function isChild(pid: number): boolean {
  try {
    return new RegExp(`^PPid:\\s+${process.pid}$`, 'm').test(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    );
  } catch {
    return false;
  }
}
