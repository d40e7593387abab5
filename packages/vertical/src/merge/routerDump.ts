import type { types } from 'mediasoup';
import { knownAs, unique } from './names.js';
import type { RouterNames } from './routerNames.js';

type Lists =
  'mapProducerIdConsumerIds' | 'mapProducerIdObserverIds' | 'mapDataProducerIdDataConsumerIds';
type Pairs = 'mapConsumerIdProducerId' | 'mapDataConsumerIdDataProducerId';

/** One dump of several routers: as if all were one, without what connects them. */
export function mergeRouterDumps(
  dumps: readonly types.RouterDump[],
  id: string,
  { hidden, originals, observers }: RouterNames,
): types.RouterDump {
  const visible = (ids: readonly string[]) => ids.filter((it) => !hidden.has(it));
  const observersOf = (ids: readonly string[]) => knownAs(ids, observers);
  const nameOf = (producerId: string) => originals.get(producerId) ?? producerId;

  // A producer that was piped appears in several routers.
  const lists = (name: Lists, shown: (ids: readonly string[]) => string[]) => {
    const merged = new Map<string, string[]>();

    for (const { key, values } of dumps.flatMap((dump) => dump[name])) {
      merged.set(nameOf(key), unique([...(merged.get(nameOf(key)) ?? []), ...shown(values)]));
    }

    return [...merged].map(([key, values]) => ({ key, values }));
  };
  const pairs = (name: Pairs) =>
    dumps
      .flatMap((dump) => dump[name])
      .filter(({ key }) => !hidden.has(key))
      .map(({ key, value }) => ({ key, value: nameOf(value) }));

  return {
    id,
    transportIds: visible(dumps.flatMap(({ transportIds }) => transportIds)),
    rtpObserverIds: unique([
      ...observersOf(dumps.flatMap(({ rtpObserverIds }) => rtpObserverIds)),
      ...observers.alone,
    ]),
    mapProducerIdConsumerIds: lists('mapProducerIdConsumerIds', visible),
    mapConsumerIdProducerId: pairs('mapConsumerIdProducerId'),
    mapProducerIdObserverIds: lists('mapProducerIdObserverIds', observersOf),
    mapDataProducerIdDataConsumerIds: lists('mapDataProducerIdDataConsumerIds', visible),
    mapDataConsumerIdDataProducerId: pairs('mapDataConsumerIdDataProducerId'),
  };
}
