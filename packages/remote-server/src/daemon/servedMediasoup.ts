import { once } from 'node:events';
import { hostStats } from '@tureen/manager';
import { MediasoupVertical, type PlacementName } from '@tureen/vertical';
import type { types } from 'mediasoup';
import type { MediasoupModule } from './loadMediasoup.js';

export interface VerticalFlags {
  vertical?: boolean;
  verticalWorkers?: number;
  placement?: PlacementName;
  watermarkWorker?: number;
  watermarkNode?: number;
}

export interface ServedMediasoup {
  mediasoup: types.Index;
  /** Undefined unless all cores are served as one worker. */
  vertical?: MediasoupVertical;
}

/** What the flags say is to be served: mediasoup as it is, or all cores of it as one worker. */
export async function servedMediasoup(
  mediasoup: MediasoupModule,
  { vertical, verticalWorkers, placement, watermarkWorker, watermarkNode }: VerticalFlags,
): Promise<ServedMediasoup> {
  if (!vertical) {
    return { mediasoup };
  }

  const manager = new MediasoupVertical(
    // Of the host alone: the load of its own workers it measures itself.
    { mediasoup, getStats: async () => hostStats() },
    { maxWorkers: verticalWorkers, placement, watermarkWorker, watermarkNode },
  );

  await once(manager, 'mediasoup');

  return { mediasoup: manager.mediasoup as types.Index, vertical: manager };
}
