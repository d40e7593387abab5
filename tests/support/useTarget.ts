import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { nextEvent, until } from './events.js';
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
    // Undefined if it did not start, which is what has to be told then.
    await (started as StartedTarget | undefined)?.stop();
    await noWorkersLeft();
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

/** What a process starts inherits this, and keeps it when its parent is gone. */
const MARK = `TUREEN_TEST_PROCESS=${process.pid}`;

process.env.TUREEN_TEST_PROCESS = String(process.pid);

/** For the end of a file: a process that was told to end may take a moment to do so. */
export async function noWorkersLeft(): Promise<void> {
  await until('every worker process has gone', () => workerProcesses().length === 0);
}

/** Process ids of the mediasoup workers that this process, or one that it started, has left. */
export function workerProcesses(): number[] {
  const workerBin = realpathSync(process.env.MEDIASOUP_WORKER_BIN!);

  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isMarked(pid, workerBin));
}

function isMarked(pid: number, executable: string): boolean {
  try {
    return (
      readlinkSync(`/proc/${pid}/exe`) === executable &&
      readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(MARK)
    );
  } catch {
    return false; // It has ended meanwhile, or is somebody else's.
  }
}
