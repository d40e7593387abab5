import { once } from 'node:events';
import { getStatsFactory, MediasoupVertical } from '@tureen/vertical';
import * as mediasoup from 'mediasoup';
import { exceptions } from '../../vertical/exceptions.js';
import type { Mediasoup, Target } from '../targets.js';

/**
 * All of mediasoup's workers as one, each transport on another worker than the last.
 *
 * @param maxWorkers - Real workers.
 * @param below - What starts them. Default: mediasoup itself.
 */
export function vertical(maxWorkers: number, below?: Target): Target {
  return {
    ownMedia: !below,
    exceptions: { ...exceptions, ...below?.exceptions },
    name: `vertical of ${maxWorkers} workers over ${below?.name ?? 'local'}`,
    start: async () => {
      const started = await below?.start();
      const stats = getStatsFactory(started?.mediasoup ?? mediasoup);
      const manager = new MediasoupVertical(
        { mediasoup: started?.mediasoup ?? mediasoup, getStats: stats.getStats },
        { maxWorkers, placement: 'scatter', watermarkNode: 100 },
      );

      await once(manager, 'mediasoup');

      return {
        mediasoup: manager.mediasoup as Mediasoup,
        stop: async () => {
          manager.close();
          stats.close();
          await started?.stop();
        },
      };
    },
  };
}
