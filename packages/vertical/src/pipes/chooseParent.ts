import type { RealRouter } from '../RealRouter.js';
import type { Copy } from './Copy.js';

/** What there is to know about the ways of streams over several hosts. */
export interface PipeTree {
  /** How many pipes a stream passes one after the other, at most. */
  maxDepth: number;
  /** From which load on a worker is too busy to be the source of further copies. */
  full: number;
  /** Its worker answers: what is asked of it will be done. */
  answers(real: RealRouter): boolean;
  /** Load of a real router's worker, percent of one core. */
  loadOf(real: RealRouter): number;
}

/** So many copies are tried as the source of another one; after them it is the original. */
export const maxParents = 3;

interface Place {
  /** Undefined for the original. */
  copy: Copy | undefined;
  real: RealRouter;
  depth: number;
}

/**
 * Where a new copy is made from, so that a stream crosses from host to host once: from what is on
 * its host already, or else from the original, or what is on the host of the original. Where that
 * is too busy, from the least loaded that will do, be it on a third host.
 *
 * @param failed - Copies that turned out not to do.
 * @returns Undefined if it is to be made from the original.
 */
export function chooseParent(
  home: RealRouter,
  copies: Iterable<Copy>,
  to: RealRouter,
  tree: PipeTree,
  failed: ReadonlySet<Copy>,
): Copy | undefined {
  // On a single host every copy is one hop from the original: the fewest pipes, the least delay.
  if (home.host === undefined || failed.size >= maxParents) {
    return undefined;
  }

  const places: Place[] = [
    { copy: undefined, real: home, depth: 0 },
    ...[...copies]
      .filter((copy) => isUsable(copy, tree) && !failed.has(copy))
      .map((copy) => ({ copy, real: copy.to, depth: copy.depth })),
  ];
  const here = places.filter(({ real, depth }) => real.host === to.host && depth < tree.maxDepth);

  if (here.length > 0) {
    return best(here, home, tree).copy;
  }

  // Whatever is the first on its host must have room behind it for the others there.
  const elsewhere = places.filter(({ depth }) => depth < tree.maxDepth - 1);

  return elsewhere.length > 0 ? best(elsewhere, home, tree).copy : undefined;
}

function isUsable({ closed, to }: Copy, tree: PipeTree): boolean {
  return !closed && !to.closed && tree.answers(to);
}

/** The one with the shortest way, unless it is busy. */
function best(places: readonly Place[], home: RealRouter, tree: PipeTree): Place {
  const rated = places.map((place) => {
    const load = tree.loadOf(place.real);

    return { place, load, busy: load >= tree.full, away: place.real.host !== home.host };
  });
  const [shortest] = rated.toSorted((one, other) => one.place.depth - other.place.depth);

  if (!shortest!.busy) {
    return shortest!.place;
  }

  const [chosen] = rated.toSorted(
    (one, other) =>
      Number(one.busy) - Number(other.busy) ||
      Number(one.away) - Number(other.away) ||
      one.load - other.load ||
      one.place.depth - other.place.depth,
  );

  return chosen!.place;
}
