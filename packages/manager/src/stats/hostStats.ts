import os from 'node:os';
import type { ManagerStats } from './ManagerStats.js';
import { networkUsage } from './networkUsage.js';

/** Usage of this host and of this process. */
export function hostStats(): ManagerStats {
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();

  return {
    os: {
      cpus: os.availableParallelism(),
      loadavg: os.loadavg(),
      freemem: os.freemem(),
      totalmem: os.totalmem(),
      uptime: os.uptime(),
      cpuTimes: cpuTimes(),
      network: networkUsage(),
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
