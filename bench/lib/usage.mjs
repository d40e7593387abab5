// What processes have used.
import { readFileSync, readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Nanoseconds that all threads of a process have been on a CPU; 0 when it has gone. Of this very
 * process getrusage tells, since schedstat of a running thread lags by up to a tick.
 */
export function cpuNanoseconds(pid) {
  if (pid === process.pid) {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
  }
  return threadsOf(pid).reduce((sum, thread) => sum + schedulerFigure(pid, thread, 0), 0);
}

/** Nanoseconds that all threads of a process were ready to run but had no CPU to run on. */
export function waitNanoseconds(pid) {
  return threadsOf(pid).reduce((sum, thread) => sum + schedulerFigure(pid, thread, 1), 0);
}

function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** One of: time on a CPU, time waiting for one. */
function schedulerFigure(pid, thread, index) {
  try {
    const figures = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ');
    return Number(figures[index]);
  } catch {
    // It ended meanwhile.
    return 0;
  }
}

/** Ticks of the whole machine so far. */
export function machineTicks() {
  const [first] = readFileSync('/proc/stat', 'latin1').split('\n');
  const ticks = first.trim().split(/\s+/).slice(1).map(Number);
  const total = ticks.reduce((sum, value) => sum + value, 0);
  return { total, busy: total - ticks[3] - ticks[4] };
}

/** Share of the machine that was busy between two readings of {@link machineTicks}. */
export function busyShare(before, after) {
  return (after.busy - before.busy) / Math.max(1, after.total - before.total);
}

let collect;

/** Collects garbage and gives the bytes that are left: of heap, and of buffers outside of it. */
export async function settledHeap() {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc');
  }
  // What closed a moment ago is still referenced by callbacks of the event loop.
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}
