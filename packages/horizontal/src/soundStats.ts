import type { ManagerStats } from '@tureen/manager';

/**
 * What a host answered, as it can be counted with. It may be another program's answer, or a broken
 * one's: it must not spoil the sums of all hosts.
 *
 * @throws TypeError for what are no stats at all.
 */
export function soundStats(stats: ManagerStats): ManagerStats {
  const { os, workers, host } = stats;
  const { cpus, loadavg, freemem, totalmem, uptime, cpuTimes, network } = os;

  return {
    ...stats,
    os: {
      cpus: count(cpus),
      loadavg: Array.isArray(loadavg) ? loadavg.map(count) : [],
      freemem: count(freemem),
      totalmem: count(totalmem),
      uptime: count(uptime),
      ...(cpuTimes && { cpuTimes: { busy: count(cpuTimes.busy), total: count(cpuTimes.total) } }),
      ...(network && {
        network: {
          received: count(network.received),
          sent: count(network.sent),
          ...(network.capacity && { capacity: count(network.capacity) }),
        },
      }),
    },
    workers: Array.isArray(workers) ? workers : undefined,
    host: typeof host?.id === 'string' ? host : undefined,
  };
}

function count(value: unknown): number {
  return Number.isFinite(value) ? Math.max(0, value as number) : 0;
}
