import { once } from 'node:events';
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
