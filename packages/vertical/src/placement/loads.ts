import type { PlacementCandidate } from './types.js';

/**
 * Percent of one core above which a worker that is given more soon delivers less than before: the
 * built-in policies put something on it only if every other worker is as busy.
 */
export const overload = 85;

/** Measured and still expected CPU, percent of one core. One that is being started expects some. */
export function loadOf({ running, cpu, reserved }: PlacementCandidate): number {
  return (running ? cpu : 0) + reserved;
}

export function isOverloaded(candidate: PlacementCandidate): boolean {
  return loadOf(candidate) > overload;
}

type Order = (one: PlacementCandidate, other: PlacementCandidate) => number;

/** What is first by the first order; by the next one if several are, and so on. */
export function firstBy(
  candidates: readonly PlacementCandidate[],
  ...orders: readonly Order[]
): PlacementCandidate | undefined {
  const compare: Order = (one, other) => {
    for (const order of orders) {
      const difference = order(one, other);

      if (difference !== 0) {
        return difference;
      }
    }

    return one.index - other.index;
  };

  return candidates.reduce<PlacementCandidate | undefined>(
    (first, each) => (first === undefined || compare(each, first) < 0 ? each : first),
    undefined,
  );
}

export const leastLoad: Order = (one, other) => loadOf(one) - loadOf(other);
export const mostLoad: Order = (one, other) => loadOf(other) - loadOf(one);
export const leastWeight: Order = (one, other) => one.weight - other.weight;
export const mostWeight: Order = (one, other) => other.weight - one.weight;
export const runningFirst: Order = (one, other) => Number(other.running) - Number(one.running);
export const hasRouterFirst: Order = (one, other) =>
  Number(other.hasRouter) - Number(one.hasRouter);
export const hostHasRouterFirst: Order = (one, other) =>
  Number(other.hostHasRouter) - Number(one.hostHasRouter);
export const fewestTransports: Order = (one, other) => one.transports - other.transports;
