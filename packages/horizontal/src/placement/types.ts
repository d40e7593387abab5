import type { HostIdentity } from '@tureen/manager';
import type { HostManager } from '../HostManager.js';

/** A worker that is to be placed on a host. */
export interface HostPlacementRequest {
  /** As the application gave it to createWorker(). */
  appData: Readonly<Record<string, unknown>>;
}

/** A host that can be given a worker now. */
export interface HostCandidate {
  /** As it was added. */
  readonly manager: HostManager;
  readonly host: HostIdentity;
  /** Cores. */
  readonly cpus: number;
  /** Percent of all its cores, as measured last. */
  readonly cpu: number;
  /** Percent of all its cores held for what was placed too lately to be seen in `cpu`. */
  readonly reserved: number;
  /**
   * Percent of what its network can carry in the busier direction; undefined where that is not
   * known.
   */
  readonly network: number | undefined;
  /** Workers on it, those of other applications included where the host tells. */
  readonly workers: number;
}

/**
 * Chooses the host for a worker.
 *
 * @param candidates - In the order in which they were added; never empty.
 * @returns The index of one of them in `candidates`; null to refuse, which makes createWorker()
 *   reject; anything else leaves it to 'leastLoaded'.
 */
export type HostPlacementPolicy = (
  request: HostPlacementRequest,
  candidates: readonly HostCandidate[],
) => number | null | undefined;
