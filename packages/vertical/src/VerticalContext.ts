import type { MediasoupModule } from '@tureen/manager';
import type { Load } from './Load.js';
import type { ResolvedOptions } from './options.js';
import type { PlacementPolicy } from './placement/types.js';

/** What everything below one MediasoupVertical shares. */
export interface VerticalContext {
  readonly options: ResolvedOptions;
  readonly load: Load;

  /** Policies may have a memory: each virtual worker has its own. */
  newPlacement(): PlacementPolicy;

  /** @throws Error if there is none at the moment: the manager below is not connected. */
  mediasoup(): MediasoupModule;
}
