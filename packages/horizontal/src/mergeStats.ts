import { hostStats, type HostEntry, type ManagerStats } from '@tureen/manager';
import type { Host } from './Host.js';

/** Sums of what the hosts answered last, and each answer. */
export function mergeStats(hosts: readonly Host[]): ManagerStats {
  const answered = hosts.flatMap(({ stats }) => (stats ? [stats] : []));
  const sum = (of: (stats: ManagerStats) => number) =>
    answered.reduce((total, stats) => total + of(stats), 0);
  const known = hosts.filter(({ stats }) => stats);

  return {
    os: {
      cpus: sum(({ os }) => os.cpus),
      loadavg: [0, 1, 2].map((index) => sum(({ os }) => os.loadavg[index] ?? 0)),
      freemem: sum(({ os }) => os.freemem),
      totalmem: sum(({ os }) => os.totalmem),
      uptime: Math.max(0, ...answered.map(({ os }) => os.uptime)),
      // Since each was first asked: one that joins must not bring its past with it.
      cpuTimes: {
        busy: known.reduce((total, { load }) => total + load.cpuTimes.busy, 0),
        total: known.reduce((total, { load }) => total + load.cpuTimes.total, 0),
      },
    },
    process: hostStats().process,
    workers: answered.flatMap(({ workers }) => workers ?? []),
    hosts: hosts.map(({ stats, unusable, identity, draining }): HostEntry => ({
      usable: !unusable,
      id: identity.id,
      draining,
      stats,
    })),
  };
}
