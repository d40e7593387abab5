import { type EarlyCall, ignore } from '@tureen/manager';
import type { types } from 'mediasoup';
import { showSourceId } from './overlay/showSourceId.js';
import { showSourceDump } from './overlay/showSourceDump.js';
import { showSourceScore } from './overlay/showSourceScore.js';
import type { Copy } from './pipes/Copy.js';
import { pipeDataProducer, pipeProducer } from './pipes/pipeMedia.js';
import type { RealRouter } from './RealRouter.js';
import type { MakeCopyOptions, Source } from './Source.js';

type PipeOptions = Pick<MakeCopyOptions, 'pair' | 'idleTimeout' | 'tree'>;

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
  consume: Consume<C>,
): Promise<C> {
  const { producer } = source;
  const how = {
    ...options,
    kind: producer.kind,
    pipe: (made: Copy) => pipeProducer(producer, made),
  };

  return useCopy((failed) => source.copyIn(real, how, failed), producer, consume);
}

/** As {@link consumeCopy}. */
export function consumeDataCopy<C extends types.DataConsumer>(
  source: Source<types.DataProducer>,
  real: RealRouter,
  options: PipeOptions,
  consume: (id: string) => Promise<C>,
): Promise<C> {
  const { producer } = source;
  const how = { ...options, pipe: (made: Copy) => pipeDataProducer(producer, made) };

  return useCopy((failed) => source.copyIn(real, how, failed), producer, consume);
}

/** @param early - The call that it is to come after, if it need not wait for the answer. */
type Consume<C> = (id: string, early?: EarlyCall) => Promise<C>;

interface Original {
  readonly id: string;
  readonly closed: boolean;
}

/**
 * What a copy is made from can go while the original and the one who wants to consume it are both
 * there: then it is made from something else.
 */
async function useCopy<C extends types.Consumer | types.DataConsumer>(
  copyIn: (failed: ReadonlySet<Copy>) => Copy,
  original: Original,
  consume: Consume<C>,
): Promise<C> {
  const failed = new Set<Copy>();

  for (;;) {
    const copy = copyIn(failed);

    try {
      return await consumeOf(copy, original, consume);
    } catch (error) {
      // One made from the original has nothing else that it could be made from.
      if (!copy.parent || !copy.closed || original.closed || copy.to.closed) {
        throw error;
      }
      failed.add(copy.parent);
    }
  }
}

async function consumeOf<C extends types.Consumer | types.DataConsumer>(
  copy: Copy,
  original: Original,
  consume: Consume<C>,
): Promise<C> {
  copy.retain();
  try {
    const early = await copy.producing;
    const consuming = early && !copy.stream ? consume(original.id, early) : undefined;

    // Without its producer there is no consumer; the error of the copy says why.
    consuming?.catch(ignore);
    try {
      await copy.ready;
    } catch (error) {
      consuming?.then((consumer) => consumer.close(), ignore);
      // The producer is gone, or this router is: then mediasoup itself says it best.
      if (!original.closed && !copy.to.closed) {
        throw error;
      }
    }

    const consumer = await (consuming ?? consume(copy.stream?.producer.id ?? original.id));

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
