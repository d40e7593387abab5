import type { types } from 'mediasoup';
import { showSourceId } from './overlay/showSourceId.js';
import { showSourceDump } from './overlay/showSourceDump.js';
import { showSourceScore } from './overlay/showSourceScore.js';
import type { Copy, CopyOptions } from './pipes/Copy.js';
import { pipeDataProducer, pipeProducer } from './pipes/pipeMedia.js';
import type { RealRouter } from './RealRouter.js';
import type { Source } from './Source.js';

type PipeOptions = Pick<CopyOptions, 'pair' | 'idleTimeout'>;

/**
 * Consumes a producer that lives in another real router: pipes it there first, unless somebody did.
 *
 * @param consume - The transport's own method, called when the producer is there.
 * @throws as mediasoup's consume().
 */
export function consumeCopy<C extends types.Consumer>(
  source: Source<types.Producer>,
  real: RealRouter,
  options: PipeOptions,
  consume: (id: string) => Promise<C>,
): Promise<C> {
  const { kind } = source.producer;
  const copy = source.copyIn(real, {
    ...options,
    kind,
    pipe: (made) => pipeProducer(source.producer, made),
  });

  return useCopy(copy, source.producer, consume);
}

/** As {@link consumeCopy}. */
export function consumeDataCopy<C extends types.DataConsumer>(
  source: Source<types.DataProducer>,
  real: RealRouter,
  options: PipeOptions,
  consume: (id: string) => Promise<C>,
): Promise<C> {
  const copy = source.copyIn(real, {
    ...options,
    pipe: (made) => pipeDataProducer(source.producer, made),
  });

  return useCopy(copy, source.producer, consume);
}

async function useCopy<C extends types.Consumer | types.DataConsumer>(
  copy: Copy,
  original: { readonly id: string; readonly closed: boolean },
  consume: (id: string) => Promise<C>,
): Promise<C> {
  copy.retain();
  try {
    try {
      await copy.ready;
    } catch (error) {
      // The producer is gone, or this router is: then mediasoup itself says it best.
      if (!original.closed && !copy.to.closed) {
        throw error;
      }
    }

    const consumer = await consume(copy.stream?.producer.id ?? original.id);

    if (!consumer.closed) {
      copy.retain();
      (consumer.observer as types.ConsumerObserver).once('close', () => copy.release());
    }

    return consumer;
  } finally {
    copy.release();
  }
}

/** Makes a consumer of a copy show what a consumer of the original would. */
export function decorate(consumer: types.Consumer, source: Source<types.Producer>): void {
  showSourceScore(consumer, source.producer);
  showSourceDump(consumer, source.producer);
  showSourceId(consumer, source.producer);
}
