import type { MediasoupVerticalOptions, PlacementName } from '@tureen/vertical';

export interface VerticalFlags {
  vertical?: boolean;
  verticalWorkers?: number;
  placement?: PlacementName;
  watermarkWorker?: number;
  watermarkNode?: number;
  /** Seconds. */
  idlePipeTimeout?: number;
}

export function verticalOptions(flags: VerticalFlags): MediasoupVerticalOptions {
  const { verticalWorkers, placement, watermarkWorker, watermarkNode, idlePipeTimeout } = flags;

  return {
    maxWorkers: verticalWorkers,
    placement,
    watermarkWorker,
    watermarkNode,
    ...(idlePipeTimeout !== undefined && { idlePipeTimeout: idlePipeTimeout * 1000 }),
  };
}
