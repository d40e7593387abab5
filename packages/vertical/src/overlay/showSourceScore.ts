import { override } from '@tureen/manager';
import type { types } from 'mediasoup';

/**
 * A pipe delivers what it gets, so its own score says nothing of the sender. Consumers behind it
 * show the score of the producer that the application made, and tell it when, and in the order in
 * which, mediasoup tells it beside the producer.
 */
export function showSourceScore(consumer: types.Consumer, producer: types.Producer): void {
  // One that is piped on by the application has the constant score of a pipe, as in mediasoup.
  if (consumer.type === 'pipe') {
    return;
  }

  const own = ownGetter(consumer, 'score') as () => types.ConsumerScore;
  // Read once: mediasoup clones them at every access.
  const streams = Math.max(producer.rtpParameters.encodings?.length ?? 1, 1);
  const current = () => withSource(own().score, streams, consumer, producer);
  // As in mediasoup this is what was told last, even where there is other news by now.
  let shown = current();

  Object.defineProperty(consumer, 'score', {
    get: () => structuredClone(shown),
    configurable: true,
  });
  override(consumer, 'getStats', async (getStats) =>
    withSourceInStats((await getStats()) as types.ConsumerStat[], current(), producer),
  );

  const tellEach = [consumer, consumer.observer].map((emitter) =>
    tellOwnNews(emitter as unknown as Emitter, consumer, own, () => (shown = current())),
  );

  followSource(consumer, producer, () => tellEach.forEach((tell) => tell()));
}

/**
 * Has a consumer tell whenever its producer does: a score that changes before the producer tells
 * it, the first one of a stream after that.
 */
function followSource(consumer: types.Consumer, producer: types.Producer, tell: () => void): void {
  let streams = producer.score.length;
  const before = () => {
    if (!consumer.closed && producer.score.length === streams) {
      tell();
    }
  };
  const after = () => {
    if (!consumer.closed && producer.score.length !== streams) {
      streams = producer.score.length;
      tell();
    }
  };

  producer.prependListener('score', before);
  producer.observer.on('score', after);
  consumer.observer.once('close', () => {
    producer.off('score', before);
    producer.observer.off('score', after);
  });
}

/**
 * Of the 'score' events that come from below it lets those through that are about the consumer: its
 * own score has changed, or it gets another stream of simulcast. The others are about the pipe.
 *
 * @param renew - Gives the score to tell.
 * @returns A function that tells it on behalf of the producer.
 */
function tellOwnNews(
  emitter: Emitter,
  consumer: types.Consumer,
  own: () => types.ConsumerScore,
  renew: () => types.ConsumerScore,
): () => boolean {
  const safeEmit = emitter.safeEmit.bind(emitter);
  let { score } = own();
  let layer = consumer.currentLayers?.spatialLayer;
  const isNews = (): boolean => {
    const last = { score, layer };

    ({ score } = own());
    layer = consumer.currentLayers?.spatialLayer;

    const switched = consumer.type === 'simulcast' && layer !== undefined && layer !== last.layer;

    return switched || score !== last.score;
  };

  emitter.safeEmit = (event, ...args) => {
    if (event === 'layerschange' && !args[0]) {
      layer = undefined;
    }

    return event === 'score' ? isNews() && safeEmit('score', renew()) : safeEmit(event, ...args);
  };

  return () => safeEmit('score', renew());
}

interface Emitter {
  safeEmit(event: string, ...args: unknown[]): boolean;
}

function ownGetter(object: object, name: string): () => unknown {
  for (let at: object | null = object; at; at = Object.getPrototypeOf(at) as object | null) {
    const getter = Object.getOwnPropertyDescriptor(at, name)?.get;

    if (getter) {
      return getter.bind(object);
    }
  }

  // A plain property is about to be hidden by what is put in front of it.
  const value = (object as Record<string, unknown>)[name];

  return () => value;
}

/** What the worker makes of the scores of a producer's streams for one of its consumers. */
function withSource(
  score: number,
  streams: number,
  consumer: types.Consumer,
  producer: types.Producer,
): types.ConsumerScore {
  const producerScores = Array.from(
    { length: streams },
    (_, index) => producer.score.find(({ encodingIdx }) => encodingIdx === index)?.score ?? 0,
  );

  return { score, producerScore: currentOf(producerScores, consumer), producerScores };
}

function currentOf(scores: readonly number[], consumer: types.Consumer): number {
  if (consumer.type === 'simple') {
    return scores[0] ?? 0;
  }

  const layer = consumer.currentLayers?.spatialLayer;

  // All layers of SVC are in one stream.
  return layer === undefined ? 0 : (scores[consumer.type === 'svc' ? 0 : layer] ?? 0);
}

function withSourceInStats<S extends { type: string }>(
  stats: S[],
  { producerScore }: types.ConsumerScore,
  producer: types.Producer,
): S[] {
  return stats.map((entry) =>
    entry.type === 'inbound-rtp' && producer.score.length > 0
      ? { ...entry, score: producerScore }
      : entry,
  );
}
