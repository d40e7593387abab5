import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { realpathSync } from 'node:fs';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { nextEvent } from './events.js';
import { mediaCodecs } from './media.js';
import type { Mediasoup, StartedTarget, Target } from './targets.js';

export interface RunningTarget {
  readonly mediasoup: Mediasoup;
  /** A worker that is closed, and whose process has ended, when the test is over. */
  createWorker(settings?: types.WorkerSettings): Promise<types.Worker>;
  /** A router with opus and VP8 on a worker of its own. */
  createRouter(): Promise<types.Router>;
}

/** Starts the target before the tests of the enclosing `describe` and stops it after them. */
export function useTarget(target: Target): RunningTarget {
  let started: StartedTarget;

  beforeAll(async () => {
    started = await target.start();
  });

  afterAll(async () => {
    await started.stop();
    expect(workerProcesses()).toEqual([]);
  });

  const running: RunningTarget = {
    get mediasoup() {
      return started.mediasoup;
    },
    createWorker: async (settings) => {
      const worker = await started.mediasoup.createWorker(settings);

      onTestFinished(() => closeWorker(worker));

      return worker;
    },
    createRouter: async () => (await running.createWorker()).createRouter({ mediaCodecs }),
  };

  return running;
}

export async function closeWorker(worker: types.Worker): Promise<void> {
  worker.close();
  if (!worker.subprocessClosed) await nextEvent(worker, 'subprocessclose');
}

/** Process ids of the mediasoup workers that this process, or one that it started, still has. */
export function workerProcesses(): number[] {
  const workerBin = realpathSync(process.env.MEDIASOUP_WORKER_BIN!);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));

  return pids
    .map(Number)
    .filter((pid) => executableOf(pid) === workerBin && hasAncestor(pid, process.pid));
}

function executableOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

function hasAncestor(pid: number, ancestor: number): boolean {
  for (let current = pid; current > 1; current = parentOf(current)) {
    if (current === ancestor) return true;
  }
  return false;
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
