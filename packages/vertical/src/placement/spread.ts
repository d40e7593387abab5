import { fewestTransports, firstBy, hostHasRouterFirst, leastLoad, runningFirst } from './loads.js';
import type { PlacementPolicy } from './types.js';

/**
 * Takes the worker with the least load; one that is not running yet has none. Of several it takes
 * one that is running, then the one with fewest transports, then one on a host that the router is on,
 * then the first.
 */
export function spread(): PlacementPolicy {
  return (_request, candidates) =>
    firstBy(candidates, leastLoad, runningFirst, fewestTransports, hostHasRouterFirst)?.index;
}
