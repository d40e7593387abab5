import { hostOf } from '@tureen/manager';
import type { Kind, ObjectCounts, SessionTopology, WorkerTopology } from '@tureen/protocol';
import type { Registry } from './Registry.js';
import type { Tracked } from './Tracked.js';

/** What counts as what. */
const counted: Readonly<Record<keyof ObjectCounts, readonly Kind[]>> = {
  routers: ['router'],
  webRtcServers: ['webRtcServer'],
  transports: ['webRtcTransport', 'plainTransport', 'directTransport'],
  pipes: ['pipeTransport'],
  producers: ['producer', 'dataProducer'],
  consumers: ['consumer', 'dataConsumer'],
};

/** Counts of a session's objects and of those of each of its workers: no ids, no names. */
export function topologyOf(
  { attached, workers }: { attached: boolean; workers: readonly object[] },
  number: number,
  registry: Registry,
  began: number,
): { session: SessionTopology; workers: WorkerTopology[] } {
  return {
    session: {
      session: number,
      age: Math.round((performance.now() - began) / 1000),
      attached,
      workers: registry.count('worker'),
      ...countsOf((kind) => registry.count(kind)),
    },
    workers: workers
      .map((worker) => registry.findObject(worker))
      .filter((tracked) => tracked !== undefined)
      .map((tracked) => topologyOfWorker(tracked, number)),
  };
}

function topologyOfWorker(tracked: Tracked, session: number): WorkerTopology {
  const kinds = new Map<Kind, number>();
  const host = hostOf(tracked.real);

  for (const { kind } of tracked.subtree()) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }

  return {
    session,
    pid: (tracked.real as unknown as { pid: number }).pid,
    ...(host && !host.several && { host: host.id }),
    ...countsOf((kind) => kinds.get(kind) ?? 0),
  };
}

function countsOf(count: (kind: Kind) => number): ObjectCounts {
  const sum = (name: keyof ObjectCounts) =>
    counted[name].reduce((total, kind) => total + count(kind), 0);

  return {
    routers: sum('routers'),
    webRtcServers: sum('webRtcServers'),
    transports: sum('transports'),
    pipes: sum('pipes'),
    producers: sum('producers'),
    consumers: sum('consumers'),
  };
}
