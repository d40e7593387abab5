import { once } from 'node:events';
import {
  getStatsFactory,
  type MediasoupModule,
  MediasoupVertical,
  type MediasoupVerticalOptions,
  type VirtualRouterDescription,
} from '@tureen/vertical';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import { mediaCodecs } from '../../support/media.js';
import { closeWorker } from '../../support/useTarget.js';
import { hostedMediasoup } from './hostedMediasoup.js';

export interface VerticalRoom {
  manager: MediasoupVertical;
  worker: types.Worker;
  router: types.Router;
  /** What the manager tells of the router. */
  described(): VirtualRouterDescription;
  /** What a real router has, by its worker's own word. */
  contentsOf(realRouterId: string): Promise<RealContents>;
  /** What a real router has, and to which others its pipes lead, by its worker's own word. */
  trafficOf(realRouterId: string): Promise<RealTraffic>;
  /** Its pipe transports that are open. */
  pipesOf(realRouterId: string): types.PipeTransport[];
  /** The real router itself, as an operator's tool or a fault would find it. */
  realRouter(realRouterId: string): types.Router;
  /** How many producers from elsewhere are consumed in a real router, by its worker's own word. */
  watchedIn(realRouterId: string): Promise<number>;
}

/** A virtual router whose transports go to one real worker after the other; gone with the test. */
export async function verticalRoom(
  options: MediasoupVerticalOptions = {},
  below: MediasoupModule = mediasoup,
): Promise<VerticalRoom> {
  const stats = getStatsFactory(mediasoup);
  const manager = new MediasoupVertical(
    { mediasoup: below, getStats: stats.getStats },
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
    pipesOf: (realRouterId) =>
      [...real.get(realRouterId)!.pipes.values()].filter(({ closed }) => !closed),
    realRouter: (realRouterId) => real.get(realRouterId)!.router,
    trafficOf: async (realRouterId) => {
      const { router, pipes, own } = real.get(realRouterId)!;
      const open = [...pipes.values()].filter(({ closed }) => !closed);
      const [dump, ends] = await Promise.all([router.dump(), Promise.all(open.map(endOf))]);
      const piped = new Set(ends.flatMap(({ consumerIds }) => consumerIds));
      const consumed = [...dump.mapConsumerIdProducerId, ...dump.mapDataConsumerIdDataProducerId];

      return {
        ends,
        own: [...own].filter((id) =>
          [...dump.mapProducerIdConsumerIds, ...dump.mapDataProducerIdDataConsumerIds].some(
            ({ key }) => key === id,
          ),
        ),
        watched: consumed.filter(({ key }) => !piped.has(key)).map(({ value }) => value),
        sent: ends.flatMap((end) =>
          consumed
            .filter(({ key }) => end.consumerIds.includes(key))
            .map(({ value }) => ({ producerId: value, remotePort: end.remotePort })),
        ),
      };
    },
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

export interface RealTraffic {
  /** Its pipe transports. */
  ends: PipeEnd[];
  /** Ids of the application's own producers here, of both kinds. */
  own: string[];
  /** The producer of each consumer of the application, of both kinds. */
  watched: string[];
  /** The producer of each consumer of a pipe, and where it leads. */
  sent: { producerId: string; remotePort: number }[];
}

export interface PipeEnd {
  localPort: number;
  remotePort: number;
  srtp: boolean;
  rtx: boolean;
  /** Of both kinds. */
  consumerIds: string[];
}

async function endOf(transport: types.PipeTransport): Promise<PipeEnd> {
  const dump = await transport.dump();

  return {
    localPort: dump.tuple.localPort,
    remotePort: dump.tuple.remotePort ?? 0,
    srtp: dump.srtpParameters !== undefined,
    rtx: dump.rtx,
    consumerIds: [...dump.consumerIds, ...dump.dataConsumerIds],
  };
}

/** As {@link verticalRoom}, with real workers that count as being on these hosts, in turn. */
export function hostedRoom(
  hosts: readonly string[],
  options: MediasoupVerticalOptions = {},
): Promise<VerticalRoom> {
  return verticalRoom({ maxWorkers: hosts.length, ...options }, hostedMediasoup(hosts));
}

interface Real {
  router: types.Router;
  /** Pipe transports, by their ids. */
  pipes: Map<string, types.PipeTransport>;
  /** Ids of the application's own producers. */
  own: Set<string>;
}

/** Those of the real workers that start from now on, found as an operator's tool would. */
function realRouters(): Map<string, Real> {
  const found = new Map<string, Real>();
  const follow = (router: types.Router) => {
    const pipes = new Map<string, types.PipeTransport>();
    const own = new Set<string>();

    found.set(router.id, { router, pipes, own });
    router.observer.on('newtransport', (transport) => {
      if (transport.type === 'pipe') {
        pipes.set(transport.id, transport as types.PipeTransport);
      } else {
        transport.observer.on('newproducer', (producer) => own.add(producer.id));
        transport.observer.on('newdataproducer', (producer) => own.add(producer.id));
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
