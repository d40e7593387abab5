import type { types } from 'mediasoup';
import type { MediasoupModule } from '../Mediasoup.js';
import { hostStats } from './hostStats.js';
import { identifyHost } from './identifyHost.js';
import { LoadMeter } from './LoadMeter.js';
import { ManagerClosedError } from '../ManagerClosedError.js';
import type { ManagerStats, WorkerStats } from './ManagerStats.js';

export interface StatsSource {
  /** Follows no workers any more. Closes none of them. */
  close(): void;

  /**
   * Usage of this host, of this process and of each worker. A worker that does not answer within a
   * second has the figures of its last answer.
   *
   * @throws ManagerClosedError after {@link close}.
   */
  getStats(): Promise<ManagerStats>;
}

/**
 * Gives the stats of a mediasoup that runs in this process. Knows the workers that are created from
 * now on.
 */
export function getStatsFactory(mediasoup: Pick<MediasoupModule, 'observer'>): StatsSource {
  // Each call tells of the time since the last one: nothing has to be asked in between.
  const meter = new LoadMeter({ interval: 0, smoothing: 0 });
  const workers = new Set<types.Worker>();
  const host = identifyHost();
  let closed = false;

  const follow = (worker: types.Worker): void => {
    workers.add(worker);
    worker.observer.once('close', () => workers.delete(worker));
    meter.watch(worker);
  };

  mediasoup.observer.on('newworker', follow);

  return {
    close: () => {
      closed = true;
      mediasoup.observer.off('newworker', follow);
      meter.stop();
      workers.clear();
    },
    getStats: async () => {
      if (closed) {
        throw new ManagerClosedError('these stats were closed');
      }
      await meter.measure();

      return {
        ...hostStats(),
        host,
        workers: [...workers].map((worker) => statsOf(worker, meter)),
      };
    },
  };
}

function statsOf(worker: types.Worker, meter: LoadMeter): WorkerStats {
  const { cpu = 0, memory = 0 } = meter.usageOf(worker) ?? {};

  return { pid: worker.pid, cpu, memory };
}
