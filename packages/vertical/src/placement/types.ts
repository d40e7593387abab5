/** What is to be placed on a real worker. */
export interface PlacementRequest {
  kind: 'router' | 'webrtc' | 'plain' | 'pipe' | 'direct';
  /** Id of the virtual router that it is for; undefined for a router that is being created. */
  routerId?: string;
  /** As the application gave it with the router or the transport. */
  appData: Readonly<Record<string, unknown>>;
}

/** A place for a real worker, whether one runs there or not. */
export interface PlacementCandidate {
  /** From 0; a worker that replaces a dead one has the index of that. */
  readonly index: number;
  /** False if a worker would have to be started here first. */
  readonly running: boolean;
  /** CPU of the worker, percent of one core, as measured last. */
  readonly cpu: number;
  /** Percent of one core held for what was placed too lately to be seen in `cpu`. */
  readonly reserved: number;
  /** Units of weight of all that it carries (see the weights of the options). */
  readonly weight: number;
  readonly transports: number;
  readonly producers: number;
  readonly consumers: number;
  /** The virtual router asked for has a real router here already: no further pipes are needed. */
  readonly hasRouter: boolean;
  /** Id of its host; undefined while none runs here, or where all are on one host. */
  readonly host?: string;
  /** The virtual router has a real router on this host: no stream has to cross to it again. */
  readonly hostHasRouter: boolean;
}

/**
 * Chooses the worker that something is placed on.
 *
 * @param candidates - In order of their indexes; never empty. Those not running are among them
 *   only if another worker may be started now (see `watermarkNode`).
 * @returns The index of one of them. Anything else places it on the running worker with the
 *   least load.
 */
export type PlacementPolicy = (
  request: PlacementRequest,
  candidates: readonly PlacementCandidate[],
) => number | undefined;
