export { type HostIdentity, hostOf, type PipeAddress, placeOnHost, severalHosts } from './host.js';
export { localManager, type LocalManagerOptions } from './LocalManager.js';
export { LocalWorkers, type LocalWorkersOptions } from './LocalWorkers.js';
export { type Manager, type ManagerEvents, ReadyState } from './Manager.js';
export { ManagerClosedError } from './ManagerClosedError.js';
export type { Mediasoup, MediasoupModule } from './Mediasoup.js';
export { MediasoupEmitter } from './MediasoupEmitter.js';
export { moduleLike } from './moduleLike.js';
export { override } from './override.js';
export { createOwned } from './pipes/createOwned.js';
export {
  after,
  afterOf,
  type EarlyCall,
  type EarlyConsume,
  earlyOf,
  isEarly,
  withEarly,
  withoutEarly,
} from './pipes/early.js';
export { endOptions, placedEndOptions } from './pipes/endOptions.js';
export { ignore, isInternal, markInternal } from './pipes/internal.js';
export { PipeError } from './pipes/PipeError.js';
export { assertOpen, PipePair, type PipePairOptions } from './pipes/PipePair.js';
export { type KnownProducers, type PipeContext, pipeToRouter } from './pipes/pipeToRouter.js';
export { withDeadline } from './pipes/withDeadline.js';
export { getStatsFactory, type StatsSource } from './stats/getStatsFactory.js';
export { hostStats } from './stats/hostStats.js';
export { identifyHost } from './stats/identifyHost.js';
export { LoadMeter, type LoadMeterOptions } from './stats/LoadMeter.js';
export type { HostEntry, ManagerStats, WorkerStats } from './stats/ManagerStats.js';
export { NodeMeter, type NodeMeterOptions } from './stats/NodeMeter.js';
export { Reservations, type ReservationsOptions } from './stats/Reservations.js';
