export {
  getStatsFactory,
  localManager,
  ManagerClosedError,
  PipeError,
  type LocalManagerOptions,
  type Manager,
  type ManagerEvents,
  type ManagerStats,
  type Mediasoup,
  type MediasoupModule,
  type StatsSource,
  type WorkerStats,
} from '@tureen/manager';
export type {
  PipeDescription,
  RealRouterDescription,
  RealWorkerDescription,
  VerticalDescription,
  VirtualRouterDescription,
  VirtualWorkerDescription,
} from './describe.js';
export { MediasoupVertical, type VerticalSource } from './MediasoupVertical.js';
export { NotConnectedError } from './NotConnectedError.js';
export type { MediasoupVerticalOptions } from './options.js';
export type { PlacementCandidate, PlacementPolicy, PlacementRequest } from './placement/types.js';
export { concentrate, type ConcentrateOptions } from './placement/concentrate.js';
export {
  placementPolicy,
  type PlacementName,
  type PlacementSettings,
} from './placement/placementPolicy.js';
export { scatter } from './placement/scatter.js';
export { spread } from './placement/spread.js';
export { weighted, type WeightedOptions } from './placement/weighted.js';
export { CapacityError } from './capacity/CapacityError.js';
export type { CorePlan } from './capacity/layOut.js';
export { planCapacity, type CapacityPlan } from './capacity/planCapacity.js';
export type { CapacityDemand } from './capacity/Room.js';
export {
  defaultBudget,
  defaultWeights,
  measuredCosts,
  unitsPerCore,
  usualRates,
  weightOf,
  weightsFor,
  type Carried,
  type PacketCosts,
  type PerKind,
  type Weights,
} from './capacity/weights.js';
