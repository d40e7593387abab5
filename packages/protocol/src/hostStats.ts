import os from 'node:os';

/** Usage of the host and of the process that serves, in the units of the Node functions named. */
export interface HostStats {
  os: {
    /** `os.availableParallelism()` */
    cpus: number;
    /** `os.loadavg()` */
    loadavg: number[];
    /** `os.freemem()`, bytes */
    freemem: number;
    /** `os.totalmem()`, bytes */
    totalmem: number;
    /** `os.uptime()`, seconds */
    uptime: number;
    /** Of all cores together since the host started, by `os.cpus()`, milliseconds. */
    cpuTimes?: { busy: number; total: number };
  };
  process: {
    /** `process.cpuUsage()`, microseconds */
    cpuUsage: { user: number; system: number };
    /** `process.memoryUsage()`, bytes */
    memoryUsage: { rss: number; heapTotal: number; heapUsed: number; external: number };
    /** `process.uptime()`, seconds */
    uptime: number;
  };
}

export function hostStats(): HostStats {
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();

  return {
    os: {
      cpus: os.availableParallelism(),
      loadavg: os.loadavg(),
      freemem: os.freemem(),
      totalmem: os.totalmem(),
      uptime: os.uptime(),
      cpuTimes: cpuTimes(),
    },
    process: {
      cpuUsage: process.cpuUsage(),
      memoryUsage: { rss, heapTotal, heapUsed, external },
      uptime: process.uptime(),
    },
  };
}

function cpuTimes(): { busy: number; total: number } {
  let [busy, total] = [0, 0];

  for (const { times } of os.cpus()) {
    const ofCore = times.user + times.nice + times.sys + times.irq;

    busy += ofCore;
    total += ofCore + times.idle;
  }

  return { busy, total };
}
