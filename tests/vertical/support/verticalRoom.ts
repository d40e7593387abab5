import { once } from 'node:events';
import {
  getStatsFactory,
  MediasoupVertical,
  type MediasoupVerticalOptions,
  type VirtualRouterDescription,
} from '@tureen/vertical';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import { mediaCodecs } from '../../support/media.js';
import { closeWorker } from '../../support/useTarget.js';

export interface VerticalRoom {
  manager: MediasoupVertical;
  worker: types.Worker;
  router: types.Router;
  /** What the manager tells of the router. */
  described(): VirtualRouterDescription;
  /** What a real router has, by its worker's own word. */
  contentsOf(realRouterId: string): Promise<RealContents>;
  /** How many producers from elsewhere are consumed in a real router, by its worker's own word. */
  watchedIn(realRouterId: string): Promise<number>;
}

/** A virtual router whose transports go to one real worker after the other; gone with the test. */
export async function verticalRoom(options: MediasoupVerticalOptions = {}): Promise<VerticalRoom> {
  const stats = getStatsFactory(mediasoup);
  const manager = new MediasoupVertical(
    { mediasoup, getStats: stats.getStats },
    { maxWorkers: 2, placement: 'scatter', watermarkNode: 100, ...options },
  );

  await once(manager, 'mediasoup');

  const real = realRouters();
  const worker = await manager.mediasoup!.createWorker();

  onTestFinished(async () => {
    await closeWorker(worker);
    manager.close();
    stats.close();
  });

  const router = await worker.createRouter({ mediaCodecs });

  return {
    manager,
    worker,
    router,
    described: () =>
      manager
        .describe()
        .workers.flatMap(({ routers }) => routers)
        .find(({ id }) => id === router.id)!,
    watchedIn: async (realRouterId) => {
      const { router, own } = real.get(realRouterId)!;
      const { mapProducerIdConsumerIds } = await router.dump();

      return mapProducerIdConsumerIds.filter(
        ({ key, values }) => !own.has(key) && values.length > 0,
      ).length;
    },
    contentsOf: async (realRouterId) => {
      const { router, pipes } = real.get(realRouterId)!;
      const dump = await router.dump();

      return {
        pipeTransports: dump.transportIds.filter((id) => pipes.has(id)).length,
        producers:
          dump.mapProducerIdConsumerIds.length + dump.mapDataProducerIdDataConsumerIds.length,
        consumers:
          dump.mapConsumerIdProducerId.length + dump.mapDataConsumerIdDataProducerId.length,
      };
    },
  };
}

export interface RealContents {
  pipeTransports: number;
  /** Of both kinds, those of pipes included. */
  producers: number;
  consumers: number;
}

interface Real {
  router: types.Router;
  /** Ids of pipe transports. */
  pipes: Set<string>;
  /** Ids of the application's own producers. */
  own: Set<string>;
}

/** Those of the real workers that start from now on, found as an operator's tool would. */
function realRouters(): Map<string, Real> {
  const found = new Map<string, Real>();
  const follow = (router: types.Router) => {
    const pipes = new Set<string>();
    const own = new Set<string>();

    found.set(router.id, { router, pipes, own });
    router.observer.on('newtransport', ({ id, type, observer }) => {
      if (type === 'pipe') {
        pipes.add(id);
      } else {
        observer.on('newproducer', (producer) => own.add(producer.id));
      }
    });
  };
  const followWorker = (worker: types.Worker) => worker.observer.on('newrouter', follow);

  mediasoup.observer.on('newworker', followWorker);
  onTestFinished(() => void mediasoup.observer.off('newworker', followWorker));

  return found;
}

/** Process ids of the real workers, by their indexes. */
export function pidsOf({ manager }: Pick<VerticalRoom, 'manager'>): number[] {
  return manager
    .describe()
    .workers.flatMap(({ realWorkers }) => realWorkers)
    .flatMap(({ pid }) => pid ?? []);
}
