import { fewestWorkersPerCore, firstBy, leastLoad, loadOf, mostLoad } from './order.js';
import type { HostCandidate, HostPlacementPolicy } from './types.js';

/**
 * The host with the least load: of its CPU or, if that is more, of its network. What was placed in
 * the last 20 s counts although it cannot be seen yet; of hosts with equal load the one with the
 * fewest workers for its cores is taken.
 */
export function leastLoaded(): HostPlacementPolicy {
  return (_request, candidates) => firstBy(candidates, leastLoad, fewestWorkersPerCore);
}

/** One host after the other. */
export function roundRobin(): HostPlacementPolicy {
  const turns = new WeakMap<object, number>();
  let turn = 0;

  return (_request, candidates) => {
    const chosen = candidates.reduce(
      (first, { manager }, index) =>
        (turns.get(manager) ?? 0) < (turns.get(candidates[first]!.manager) ?? 0) ? index : first,
      0,
    );

    turn += 1;
    turns.set(candidates[chosen]!.manager, turn);

    return chosen;
  };
}

export interface ConcentrateHostsOptions {
  /** Load of a host, percent, at which it is full as long as another can take more. Default 70. */
  watermarkHost?: number;
}

/**
 * Fills one host after the other, so that few streams have to pass between hosts: the busiest host
 * under the watermark that has fewer workers than cores, or else the least loaded.
 *
 * @throws TypeError for a watermark that is none.
 */
export function concentrateHosts({
  watermarkHost = 70,
}: ConcentrateHostsOptions = {}): HostPlacementPolicy {
  if (!(watermarkHost >= 1 && watermarkHost <= 100)) {
    throw new TypeError(`watermarkHost must be a number from 1 to 100, not ${watermarkHost}`);
  }

  const isOpen = (each: HostCandidate) => each.workers < each.cpus && loadOf(each) < watermarkHost;
  const mostWorkers = (one: HostCandidate, other: HostCandidate) =>
    fewestWorkersPerCore(other, one);

  return (_request, candidates) => {
    const open = candidates.filter(isOpen);
    const chosen = firstBy(open, mostWorkers, mostLoad);

    return chosen === undefined
      ? firstBy(candidates, leastLoad, fewestWorkersPerCore)
      : candidates.indexOf(open[chosen]!);
  };
}

export interface ByTagOptions {
  /** Refuse a worker of which no host has the tag. Default false: any host will do then. */
  strict?: boolean;
  /** Among the hosts that have it. Default: {@link leastLoaded}. */
  then?: HostPlacementPolicy;
}

/**
 * A host of which a tag, such as its region, is what the worker's `appData` has under the same name:
 * `createWorker({ appData: { region: 'eu' } })`.
 *
 * @param tag - Default 'region'.
 */
export function byTag(
  tag = 'region',
  { strict = false, then = leastLoaded() }: ByTagOptions = {},
): HostPlacementPolicy {
  const fallback = leastLoaded();

  return (request, candidates) => {
    const wanted = request.appData[tag];
    const fitting = candidates.filter(
      ({ host }) => wanted === undefined || host.tags?.[tag] === wanted,
    );
    const among = fitting.length > 0 || strict ? fitting : candidates;

    if (among.length === 0) {
      return null;
    }

    const chosen = then(request, among);

    // What names none of them leaves it to the default: among those that fit, and not among all.
    return chosen === null
      ? null
      : candidates.indexOf(among[chosen ?? -1] ?? among[fallback(request, among) as number]!);
  };
}
