import type { MediasoupModule } from '@tureen/manager';
import type { Load } from './Load.js';
import type { ResolvedOptions } from './options.js';
import type { PlacementPolicy } from './placement/types.js';

/** What everything below one MediasoupVertical shares. */
export interface VerticalContext {
  readonly options: ResolvedOptions;
  readonly load: Load;

  /** Real workers at most, for each virtual one; follows the hosts below if no option says it. */
  maxWorkers(): number;

  /** Policies may have a memory: each virtual worker has its own. */
  newPlacement(): PlacementPolicy;

  /** @throws NotConnectedError, or ManagerClosedError, if there is none at the moment. */
  mediasoup(): MediasoupModule;
}
