import type { Catalogue } from '../Catalogue.js';
import * as names from './names.js';

/** What the application knows of what real routers have. */
export interface RouterNames {
  /** Ids of what only connects workers: transports, and consumers on them. */
  readonly hidden: ReadonlySet<string>;
  /** Ids of producers, by those of copies that have others. */
  readonly originals: ReadonlyMap<string, string>;
  readonly observers: names.Names;
}

interface NamedRouter {
  readonly real: { readonly open: Iterable<{ readonly hidden: ReadonlySet<string> }> };
  readonly catalogue: Catalogue;
  readonly rtpObservers: Parameters<typeof names.namesOf>[0];
}

export function routerNames({ real, catalogue, rtpObservers }: NamedRouter): RouterNames {
  const sources = [...catalogue.producers.values(), ...catalogue.dataProducers.values()];
  const copies = sources.flatMap(({ producer, copies }) =>
    [...copies.values()].flatMap(({ id }): [string, string][] => (id ? [[id, producer.id]] : [])),
  );

  return {
    hidden: new Set([...real.open].flatMap(({ hidden }) => [...hidden])),
    originals: new Map(copies),
    observers: names.namesOf(rtpObservers),
  };
}

/** See {@link names.bothNames}. */
export function bothNames(before: RouterNames, after: RouterNames): RouterNames {
  return {
    hidden: new Set([...before.hidden, ...after.hidden]),
    originals: new Map([...before.originals, ...after.originals]),
    observers: names.bothNames(before.observers, after.observers),
  };
}
