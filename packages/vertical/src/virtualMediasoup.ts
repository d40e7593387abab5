import type { types } from 'mediasoup';
import type { Mediasoup } from './Mediasoup.js';
import type { VerticalContext } from './VerticalContext.js';
import { VirtualEmitter } from './VirtualEmitter.js';
import { VirtualWorker } from './VirtualWorker.js';

/**
 * The object that takes the place of the mediasoup module: all of it but the workers is that of the
 * manager below.
 */
export function virtualMediasoup(
  below: Mediasoup,
  context: VerticalContext,
  onWorker: (worker: VirtualWorker) => void,
): Mediasoup {
  const observer: types.Observer = new VirtualEmitter<types.ObserverEvents>();
  const object = {
    ...below,
    observer,
    createWorker: async <A extends types.AppData>(settings: types.WorkerSettings<A> = {}) => {
      const worker = await VirtualWorker.create(context, settings);

      onWorker(worker as unknown as VirtualWorker);
      observer.safeEmit('newworker', worker as unknown as types.Worker);

      return worker as unknown as types.Worker<A>;
    },
  };

  // An ESM application sees mediasoup's CommonJS module also as its default export.
  return Object.defineProperty(object, 'default', { value: object }) as Mediasoup;
}
