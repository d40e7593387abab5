import type { MediasoupVerticalOptions, PlacementName } from '@tureen/vertical';

export interface VerticalFlags {
  vertical?: boolean;
  verticalWorkers?: number;
  placement?: PlacementName;
  watermarkWorker?: number;
  watermarkNode?: number;
}

export function verticalOptions(flags: VerticalFlags): MediasoupVerticalOptions {
  const { verticalWorkers, placement, watermarkWorker, watermarkNode } = flags;

  return { maxWorkers: verticalWorkers, placement, watermarkWorker, watermarkNode };
}
