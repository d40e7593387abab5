import { after, type EarlyCall, override } from '@tureen/manager';
import type { types } from 'mediasoup';
import { decorate } from '../consume.js';
import type { RealRouter } from '../RealRouter.js';
import type { Source } from '../Source.js';
import { showSourceId } from './showSourceId.js';

/** What a transport asks of the virtual router that it belongs to. */
export interface TransportOwner {
  newProducer(producer: types.Producer, home: RealRouter): void;
  newDataProducer(dataProducer: types.DataProducer, home: RealRouter): void;
  /** Tells that there will be more to forward. */
  reserve(real: RealRouter, kind: types.MediaKind): void;
  /** Makes sure that the producer is there, then calls `consume` with the id that it has there. */
  consume(
    real: RealRouter,
    producerId: unknown,
    consume: (id: unknown, early?: EarlyCall) => Promise<types.Consumer>,
  ): Promise<types.Consumer>;
  consumeData(
    real: RealRouter,
    dataProducerId: unknown,
    consume: (id: unknown) => Promise<types.DataConsumer>,
  ): Promise<types.DataConsumer>;
  /**
   * Takes an id for a producer that is being made; the function returned gives it back.
   *
   * @throws if a producer in another real router has it.
   */
  claimId(real: RealRouter, id: unknown): () => void;
  /** The producer that is meant by an id in a real router, if it only has a copy there. */
  sourceOfCopy(producerId: string, real: RealRouter): Source<types.Producer> | undefined;
  dataSourceOfCopy(
    dataProducerId: string,
    real: RealRouter,
  ): Source<types.DataProducer> | undefined;
}

interface MaybeProducerId {
  producerId?: unknown;
  dataProducerId?: unknown;
  id?: unknown;
}

/** Lets a real transport consume what lives in other real routers of the same virtual one. */
export function overlayTransport(
  transport: types.Transport,
  real: RealRouter,
  owner: TransportOwner,
): void {
  override(transport, 'consume', (consume, options?: MaybeProducerId) =>
    owner.consume(real, options?.producerId, (producerId, early) =>
      consume(options && asked({ ...options, producerId }, early)),
    ),
  );
  override(transport, 'consumeData', (consumeData, options?: MaybeProducerId) =>
    owner.consumeData(real, options?.dataProducerId, (dataProducerId) =>
      consumeData(options && { ...options, dataProducerId }),
    ),
  );
  override(transport, 'produce', async (produce, options?: MaybeProducerId) => {
    const release = owner.claimId(real, options?.id);

    return produce(options).finally(release) as unknown;
  });
  override(transport, 'produceData', async (produceData, options?: MaybeProducerId) => {
    const release = owner.claimId(real, options?.id);

    return produceData(options).finally(release) as unknown;
  });
  transport.observer.on('newproducer', (producer) => owner.newProducer(producer, real));
  transport.observer.on('newdataproducer', (producer) => owner.newDataProducer(producer, real));
  transport.observer.on('newconsumer', (consumer) => {
    const source = owner.sourceOfCopy(consumer.producerId, real);

    real.consumers[consumer.kind] += 1;
    consumer.observer.once('close', () => (real.consumers[consumer.kind] -= 1));
    noteConsumer(real, transport, consumer, source?.producer.id ?? consumer.producerId);
    owner.reserve(real, consumer.kind);
    if (source) {
      decorate(consumer, source);
    }
  });
  transport.observer.on('newdataconsumer', (consumer) => {
    const source = owner.dataSourceOfCopy(consumer.dataProducerId, real);

    noteConsumer(real, transport, consumer, source?.producer.id ?? consumer.dataProducerId);
    if (source) {
      showSourceId(consumer, source.producer);
    }
  });
  real.transports.add(transport);
  transport.observer.once('close', () => real.transports.delete(transport));
}

function asked<T extends object>(options: T, early: EarlyCall | undefined): T {
  return early ? after(options, early) : options;
}

/** For those who want to see who consumes what. */
function noteConsumer(
  real: RealRouter,
  transport: types.Transport,
  consumer: types.Consumer | types.DataConsumer,
  producerId: string,
): void {
  real.consumed.set(consumer.id, { producerId, transportId: transport.id });
  (consumer.observer as types.ConsumerObserver).once('close', () =>
    real.consumed.delete(consumer.id),
  );
}
