import type { Load } from '../Load.js';
import type { WorkerSlot } from '../WorkerSlot.js';
import type { PlacementCandidate } from './types.js';

/** What a policy is told of the slots that it may choose from. */
export function candidatesOf(
  slots: readonly WorkerSlot[],
  load: Load,
  hasRouter: (slot: WorkerSlot) => boolean,
): PlacementCandidate[] {
  const hosts = new Set(slots.filter(hasRouter).map(({ host }) => host));

  return slots.map((slot) => ({
    index: slot.index,
    running: slot.isRunning,
    ...load.of(slot),
    ...slot.contents,
    hasRouter: hasRouter(slot),
    host: slot.host,
    // On which host one that is not running yet will be is not known.
    hostHasRouter: slot.isRunning && hosts.has(slot.host),
  }));
}
