import {
  fewestTransports,
  firstBy,
  hasRouterFirst,
  hostHasRouterFirst,
  leastLoad,
  loadOf,
  mostLoad,
  overload,
  runningFirst,
} from './loads.js';
import type { PlacementPolicy } from './types.js';

export interface ConcentrateOptions {
  /**
   * Percent of one core, from 1 to 100, at which a worker is full as long as another can take more.
   * Never counts as more than 85. Default 60.
   */
  watermarkWorker?: number;
}

/**
 * Fills one worker after the other, so that few streams have to be piped and idle cores stay free:
 * the busiest worker under the watermark that the router is on already, the busiest one under it on
 * a host that the router is on, the busiest one under it, one that is not running yet, or else the
 * least loaded.
 *
 * @throws TypeError for a watermark that is none.
 */
export function concentrate({ watermarkWorker = 60 }: ConcentrateOptions = {}): PlacementPolicy {
  if (!(Number.isFinite(watermarkWorker) && watermarkWorker >= 1 && watermarkWorker <= 100)) {
    throw new TypeError(`watermarkWorker must be a number from 1 to 100, not ${watermarkWorker}`);
  }

  const full = Math.min(watermarkWorker, overload);

  return (_request, candidates) => {
    const open = candidates.filter((each) => loadOf(each) < full);
    const chosen =
      firstBy(open, runningFirst, hasRouterFirst, hostHasRouterFirst, mostLoad) ??
      firstBy(candidates, leastLoad, hasRouterFirst, hostHasRouterFirst, fewestTransports);

    return chosen?.index;
  };
}
