import {
  type Mediasoup,
  type MediasoupModule,
  moduleLike,
  MediasoupEmitter,
} from '@tureen/manager';
import type { types } from 'mediasoup';
import type { VerticalContext } from './VerticalContext.js';
import { VirtualWorker } from './VirtualWorker.js';

/**
 * The object that takes the place of the mediasoup module: all of it but the workers is that of the
 * manager below.
 *
 * @param onWorker - Told of each worker; what it throws is what createWorker() rejects with.
 */
export function virtualMediasoup(
  below: MediasoupModule,
  context: VerticalContext,
  onWorker: (worker: VirtualWorker) => void,
): Mediasoup {
  const observer: types.Observer = new MediasoupEmitter<types.ObserverEvents>();

  return moduleLike(below, {
    observer,
    createWorker: async <A extends types.AppData>(settings: types.WorkerSettings<A> = {}) => {
      const worker = await VirtualWorker.create(context, settings);

      onWorker(worker as unknown as VirtualWorker);
      observer.safeEmit('newworker', worker as unknown as types.Worker);

      return worker as unknown as types.Worker<A>;
    },
  });
}
