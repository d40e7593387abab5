import { defaultBudget } from '../capacity/weights.js';
import {
  fewestTransports,
  firstBy,
  hasRouterFirst,
  hostHasRouterFirst,
  isOverloaded,
  leastLoad,
  leastWeight,
  mostWeight,
  runningFirst,
} from './loads.js';
import type { PlacementPolicy, PlacementRequest } from './types.js';

export interface WeightedOptions {
  /** Units of weight that one worker carries. A core has 10000. Default 6000. */
  budgetPerWorker?: number;

  /**
   * Units that what is placed will have when all that belongs to it is there, such as the consumers
   * of a viewer; a room plan knows. A worker is full if they do not fit in. Default: none.
   */
  expectedWeight?: (request: PlacementRequest) => number;
}

/**
 * Fills one worker after the other up to its budget, counting weights: the fullest one with room
 * that the router is on already, the fullest one with room, one that is not running yet, or else the
 * one with least weight. A worker above 85 % CPU has no room, whatever its weight.
 *
 * @throws TypeError for a budget that is none.
 */
export function weighted(options: WeightedOptions = {}): PlacementPolicy {
  const { budgetPerWorker = defaultBudget, expectedWeight = () => 0 } = options;

  if (!(typeof budgetPerWorker === 'number' && budgetPerWorker > 0)) {
    throw new TypeError(`budgetPerWorker must be a number above 0, not ${budgetPerWorker}`);
  }

  return (request, candidates) => {
    const expected = expectedWeight(request);
    const sound = candidates.filter((each) => !isOverloaded(each));
    // What is too heavy for any worker gets one that is empty, if there is one.
    const open = sound.filter(
      ({ running, weight }) =>
        weight < budgetPerWorker &&
        (weight + expected <= budgetPerWorker || (!running && weight === 0)),
    );
    const chosen =
      firstBy(open, runningFirst, hasRouterFirst, hostHasRouterFirst, mostWeight) ??
      firstBy(sound, leastWeight, hasRouterFirst, hostHasRouterFirst, fewestTransports) ??
      firstBy(candidates, leastLoad);

    return chosen?.index;
  };
}
