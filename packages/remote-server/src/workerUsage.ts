import { setTimeout } from 'node:timers/promises';
import type { types } from 'mediasoup';

export interface WorkerUsage {
  pid: number;
  /** User and system. */
  cpuSeconds: number;
  maxResidentBytes: number;
}

/** Milliseconds that a worker may take to say. One that hangs shall not keep the others' figures. */
const timeout = 1000;

/** Undefined for a worker that goes meanwhile, or does not answer in time. */
export async function usageOf(worker: object): Promise<WorkerUsage | undefined> {
  const { pid } = worker as types.Worker;
  const tooLate = new AbortController();

  try {
    const usage = await Promise.race([
      (worker as types.Worker).getResourceUsage(),
      setTimeout(timeout, undefined, { signal: tooLate.signal }),
    ]);

    if (!usage) {
      return undefined;
    }

    // mediasoup gives milliseconds and, on Linux, kibibytes.
    return {
      pid,
      cpuSeconds: (usage.ru_utime + usage.ru_stime) / 1000,
      maxResidentBytes: usage.ru_maxrss * 1024,
    };
  } catch {
    return undefined;
  } finally {
    tooLate.abort();
  }
}
