import type { HostCandidate } from './types.js';

export type Order = (one: HostCandidate, other: HostCandidate) => number;

/** Percent of the resource that is shortest, with what is still expected. */
export function loadOf({ cpu, reserved, network = 0 }: HostCandidate): number {
  return Math.max(cpu + reserved, network);
}

/** Measured load is never quite the same twice: differences below this, in percent, are none. */
const noise = 5;

export const leastLoad: Order = (one, other) =>
  Math.round(loadOf(one) / noise) - Math.round(loadOf(other) / noise);
export const mostLoad: Order = (one, other) => leastLoad(other, one);
export const fewestWorkersPerCore: Order = (one, other) =>
  one.workers / one.cpus - other.workers / other.cpus;

/** The index of what is first by the first order; by the next one if several are, and so on. */
export function firstBy(
  candidates: readonly HostCandidate[],
  ...orders: readonly Order[]
): number | undefined {
  const indexes = candidates.map((_, index) => index);

  indexes.sort((one, other) => {
    for (const order of orders) {
      const difference = order(candidates[one]!, candidates[other]!);

      if (difference !== 0) {
        return difference;
      }
    }

    return one - other;
  });

  return indexes[0];
}
