import type { types } from 'mediasoup';

export interface WorkerUsage {
  pid: number;
  /** User and system. */
  cpuSeconds: number;
  maxResidentBytes: number;
}

/** Undefined for a worker that goes meanwhile. */
export async function usageOf(worker: object): Promise<WorkerUsage | undefined> {
  const { pid } = worker as types.Worker;

  try {
    const usage = await (worker as types.Worker).getResourceUsage();

    // mediasoup gives milliseconds and, on Linux, kibibytes.
    return {
      pid,
      cpuSeconds: (usage.ru_utime + usage.ru_stime) / 1000,
      maxResidentBytes: usage.ru_maxrss * 1024,
    };
  } catch {
    return undefined;
  }
}
