import type { RealRouter } from './RealRouter.js';
import type { Source } from './Source.js';
import type { VerticalContext } from './VerticalContext.js';
import type { VirtualRouter } from './VirtualRouter.js';
import type { VirtualWorker } from './VirtualWorker.js';
import type { WorkerSlot } from './WorkerSlot.js';

export interface RealWorkerDescription {
  index: number;
  /** Undefined while none runs here. */
  pid: number | undefined;
  /** Id of the host that it is on; undefined while none runs, or where all are on one. */
  host: string | undefined;
  state: 'running' | 'starting' | 'restarting' | 'stopped';
  /** Percent of one core, measured. */
  cpu: number;
  /** Percent of one core, held for what joined too lately to be measured. */
  reserved: number;
  /** Units of weight that it carries. */
  weight: number;
  transports: number;
  producers: number;
  consumers: number;
}

export interface PipeDescription {
  kind: 'media' | 'data';
  producerId: string;
  /** Indexes of real workers. */
  from: number;
  to: number;
  /** Ids of their hosts; undefined where all are on one. If they differ, it crosses. */
  fromHost: string | undefined;
  toHost: string | undefined;
  /** How many pipes the stream has passed behind this one: 1 is next to the original. */
  depth: number;
  /** Consumers, copies made from it, and calls under way, that need it; with 0 it is about to close. */
  users: number;
  state: 'building' | 'open';
}

export interface RealRouterDescription {
  id: string;
  /** Index of its worker. */
  worker: number;
  transportIds: string[];
  /** Who consumes what, of both kinds; the producer may be at home on another worker. */
  consumers: { id: string; producerId: string; transportId: string }[];
  /** Pairs of pipe transports with other real routers. */
  pairs: number;
}

export interface VirtualRouterDescription {
  id: string;
  realRouters: RealRouterDescription[];
  pipes: PipeDescription[];
}

export interface VirtualWorkerDescription {
  pid: number;
  realWorkers: RealWorkerDescription[];
  routers: VirtualRouterDescription[];
}

export interface VerticalDescription {
  workers: VirtualWorkerDescription[];
}

/** What stands where, as plain data. */
export function describe(
  workers: Iterable<VirtualWorker>,
  context: VerticalContext,
): VerticalDescription {
  return {
    workers: [...workers].map((worker) => ({
      pid: worker.pid,
      realWorkers: worker.pool.slots.map((slot) => describeSlot(slot, context)),
      routers: [...worker.routers].map(describeRouter),
    })),
  };
}

function describeSlot(slot: WorkerSlot, { load }: VerticalContext): RealWorkerDescription {
  const running = slot.worker && !slot.worker.closed;

  return {
    index: slot.index,
    pid: running ? slot.worker?.pid : undefined,
    host: running ? slot.host : undefined,
    state: running
      ? 'running'
      : slot.isStarting
        ? 'starting'
        : slot.isWaiting
          ? 'restarting'
          : 'stopped',
    ...load.of(slot),
    ...slot.contents,
  };
}

function describeRouter(router: VirtualRouter): VirtualRouterDescription {
  const { producers, dataProducers } = router.catalogue;

  return {
    id: router.id,
    realRouters: [...router.real.open].map(describeRealRouter),
    pipes: [
      ...[...producers.values()].flatMap((source) => describePipes('media', source)),
      ...[...dataProducers.values()].flatMap((source) => describePipes('data', source)),
    ],
  };
}

function describeRealRouter(real: RealRouter): RealRouterDescription {
  return {
    id: real.router.id,
    worker: real.slot.index,
    transportIds: [...real.transports].map(({ id }) => id),
    consumers: [...real.consumed].map(([id, consumed]) => ({ id, ...consumed })),
    pairs: real.pairs.size,
  };
}

function describePipes(
  kind: PipeDescription['kind'],
  { producer, copies }: Pick<Source<never>, 'copies'> & { producer: { id: string } },
): PipeDescription[] {
  return [...copies.values()].map((copy) => ({
    kind,
    producerId: producer.id,
    from: copy.from.slot.index,
    to: copy.to.slot.index,
    fromHost: copy.from.host,
    toHost: copy.to.host,
    depth: copy.depth,
    users: copy.users,
    state: copy.stream ? 'open' : 'building',
  }));
}
