import type { EarlyCall } from '@tureen/manager';
import type { types } from 'mediasoup';
import { defaultWeights, unitsPerCore } from './capacity/weights.js';
import { Catalogue } from './Catalogue.js';
import { consumeCopy, consumeDataCopy } from './consume.js';
import type { Load } from './Load.js';
import type { TransportOwner } from './overlay/overlayTransport.js';
import type { RealRouter } from './RealRouter.js';
import type { RealRouters } from './RealRouters.js';

/** What the transports of one virtual router share: its producers, wherever they live. */
export class RoutedMedia implements TransportOwner {
  readonly catalogue = new Catalogue();

  constructor(
    private readonly load: Load,
    private readonly routers: RealRouters,
  ) {}

  newProducer(producer: types.Producer, home: RealRouter): void {
    this.catalogue.addProducer(producer, home);
  }

  newDataProducer(dataProducer: types.DataProducer, home: RealRouter): void {
    this.catalogue.addDataProducer(dataProducer, home);
  }

  reserve(real: RealRouter, kind: types.MediaKind): void {
    this.load.reserve(real.slot, percentOf(defaultWeights.consumer[kind]));
  }

  claimId(real: RealRouter, id: unknown): () => void {
    return this.catalogue.claimId(real, id);
  }

  sourceOfCopy(producerId: string, real: RealRouter) {
    return this.catalogue.sourceOfCopy('producers', producerId, real);
  }

  dataSourceOfCopy(dataProducerId: string, real: RealRouter) {
    return this.catalogue.sourceOfCopy('dataProducers', dataProducerId, real);
  }

  consume(
    real: RealRouter,
    producerId: unknown,
    consume: (id: unknown, early?: EarlyCall) => Promise<types.Consumer>,
  ): Promise<types.Consumer> {
    const source = this.catalogue.producers.get(producerId as string);

    return source && source.home !== real
      ? consumeCopy(source, real, this.routers.pipeOptions, consume)
      : consume(producerId);
  }

  consumeData(
    real: RealRouter,
    dataProducerId: unknown,
    consume: (id: unknown) => Promise<types.DataConsumer>,
  ): Promise<types.DataConsumer> {
    const source = this.catalogue.dataProducers.get(dataProducerId as string);

    return source && source.home !== real
      ? consumeDataCopy(source, real, this.routers.pipeOptions, consume)
      : consume(dataProducerId);
  }
}

/** Units of weight as percent of a core. */
function percentOf(units: number): number {
  return (units * 100) / unitsPerCore;
}
