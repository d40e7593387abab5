import type { types } from 'mediasoup';
import type { Catalogue } from '../Catalogue.js';

export interface VisibleRouter {
  id: string;
  transports: { has(id: string): boolean };
  observers: readonly { readonly id: string; realIds(): string[] }[];
  catalogue: Catalogue;
}

/** One dump of several routers: as if all were one, without what connects them. */
export function mergeRouterDumps(
  dumps: readonly types.RouterDump[],
  { id, transports, observers, catalogue }: VisibleRouter,
): types.RouterDump {
  const pipes = pipeConsumers(catalogue);
  const observerIds = new Map(
    observers.flatMap((observer) => observer.realIds().map((real) => [real, observer.id])),
  );
  const isOurs = (consumerId: string) => !pipes.has(consumerId);

  return {
    id,
    transportIds: dumps.flatMap((dump) => dump.transportIds.filter((it) => transports.has(it))),
    rtpObserverIds: observers.map((observer) => observer.id),
    mapProducerIdConsumerIds: mergeLists(
      dumps.flatMap((dump) => dump.mapProducerIdConsumerIds),
      (values) => values.filter(isOurs),
    ),
    mapConsumerIdProducerId: dumps.flatMap((dump) =>
      dump.mapConsumerIdProducerId.filter(({ key }) => isOurs(key)),
    ),
    mapProducerIdObserverIds: mergeLists(
      dumps.flatMap((dump) => dump.mapProducerIdObserverIds),
      (values) => values.flatMap((it) => observerIds.get(it) ?? []),
    ).filter(({ values }) => values.length > 0),
    mapDataProducerIdDataConsumerIds: mergeLists(
      dumps.flatMap((dump) => dump.mapDataProducerIdDataConsumerIds),
      (values) => values.filter(isOurs),
    ),
    mapDataConsumerIdDataProducerId: dumps.flatMap((dump) =>
      dump.mapDataConsumerIdDataProducerId.filter(({ key }) => isOurs(key)),
    ),
  };
}

function pipeConsumers({ producers, dataProducers }: Catalogue): Set<string> {
  const sources = [...producers.values(), ...dataProducers.values()];

  return new Set(
    sources
      .flatMap(({ copies }) => [...copies.values()])
      .flatMap(({ stream }) => (stream ? [stream.consumer.id] : [])),
  );
}

/** A producer that was piped appears in several routers under one id. */
function mergeLists(
  entries: readonly { key: string; values: string[] }[],
  visible: (values: string[]) => string[],
): { key: string; values: string[] }[] {
  const merged = new Map<string, string[]>();

  for (const { key, values } of entries) {
    merged.set(key, unique([...(merged.get(key) ?? []), ...visible(values)]));
  }

  return [...merged].map(([key, values]) => ({ key, values }));
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
