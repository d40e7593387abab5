import { override } from '@tureen/manager';
import type { types } from 'mediasoup';

interface Ids {
  readonly producerId?: string;
  readonly dataProducerId?: string;
}

/** Where the copy could not have the id of the original, its consumers tell the original's. */
export function showSourceId(
  consumer: types.Consumer | types.DataConsumer,
  { id }: types.Producer | types.DataProducer,
): void {
  const name = 'producerId' in consumer ? 'producerId' : 'dataProducerId';

  if ((consumer as Ids)[name] === id) {
    return;
  }
  Object.defineProperty(consumer, name, { get: () => id, configurable: true });
  override(consumer, 'dump', async (dump) => ({ ...((await dump()) as object), [name]: id }));
}
