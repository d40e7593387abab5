export {
  ManagerClosedError,
  PipeError,
  type HostIdentity,
  type Manager,
  type ManagerEvents,
  type ManagerStats,
  type Mediasoup,
  type MediasoupModule,
  type PipeAddress,
} from '@tureen/manager';
export type { HorizontalDescription, HostDescription } from './describe.js';
export { IncompatibleHostError, NoHostError } from './errors.js';
export type { HostManager } from './HostManager.js';
export { type HorizontalObserverEvents, MediasoupHorizontal } from './MediasoupHorizontal.js';
export type { MediasoupHorizontalOptions } from './options.js';
export { hostPlacementPolicy, type HostPlacementName } from './placement/hostPlacementPolicy.js';
export {
  byTag,
  type ByTagOptions,
  concentrateHosts,
  type ConcentrateHostsOptions,
  leastLoaded,
  roundRobin,
} from './placement/policies.js';
export type {
  HostCandidate,
  HostPlacementPolicy,
  HostPlacementRequest,
} from './placement/types.js';
