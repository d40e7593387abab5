import type { types } from 'mediasoup';
import type { RealRouter } from './RealRouter.js';
import { Source } from './Source.js';

type CatalogueSource<K extends 'producers' | 'dataProducers'> = Source<
  K extends 'producers' ? types.Producer : types.DataProducer
>;

/** All producers of one virtual router, by their ids. */
export class Catalogue {
  readonly producers = new Map<string, Source<types.Producer>>();
  readonly dataProducers = new Map<string, Source<types.DataProducer>>();

  /** Ids of producers that are being made. */
  readonly #claimed = new Map<string, RealRouter>();

  /**
   * Takes an id that the application chose, as a router's worker does: it is free again when the
   * function returned has been called and no producer has it.
   *
   * @throws Error with the text of mediasoup's worker, if it is taken in another real router. In
   *   the same one, its worker says so itself.
   */
  claimId(real: RealRouter, id: unknown): () => void {
    if (typeof id !== 'string' || id === '') {
      return () => undefined;
    }

    const home =
      this.#claimed.get(id) ?? this.producers.get(id)?.home ?? this.dataProducers.get(id)?.home;

    if (home && home !== real) {
      throw new Error(`Channel request handler with ID ${id} already exists`);
    }
    this.#claimed.set(id, real);

    return () => this.#claimed.delete(id);
  }

  /** The producer that an id means in a real router, if it is not at home there. */
  sourceOfCopy<K extends 'producers' | 'dataProducers'>(
    kind: K,
    id: string,
    real: RealRouter,
  ): CatalogueSource<K> | undefined {
    const sources = this[kind] as Map<string, CatalogueSource<K>>;
    const source = sources.get(id);

    if (source) {
      return source.home === real ? undefined : source;
    }

    // Copies have the id of the original, except where that is taken.
    return [...sources.values()].find((it) => it.isCopy(id, real));
  }

  addProducer(producer: types.Producer, home: RealRouter): void {
    home.producers[producer.kind] += 1;
    add(this.producers, producer, home, () => (home.producers[producer.kind] -= 1));
  }

  addDataProducer(dataProducer: types.DataProducer, home: RealRouter): void {
    add(this.dataProducers, dataProducer, home);
  }
}

function add<P extends types.Producer | types.DataProducer>(
  sources: Map<string, Source<P>>,
  producer: P,
  home: RealRouter,
  onClose?: () => void,
): void {
  const source = new Source(producer, home);

  sources.set(producer.id, source);
  home.slot.producerIds.add(producer.id);
  // Its type is that of both kinds of producers.
  (producer.observer as types.ProducerObserver).once('close', () => {
    if (sources.get(producer.id) === source) {
      sources.delete(producer.id);
    }
    home.slot.producerIds.delete(producer.id);
    source.close();
    onClose?.();
  });
}
