import type { types } from 'mediasoup';
import { override } from './override.js';

/**
 * A pipe delivers what it gets, so its own score says nothing of the sender. Consumers behind it
 * show the score of the producer that the application made, and tell when that changes.
 */
export function showSourceScore(consumer: types.Consumer, producer: types.Producer): void {
  // One that is piped on by the application has the constant score of a pipe, as in mediasoup.
  if (consumer.type === 'pipe') {
    return;
  }

  const own = ownGetter(consumer, 'score');
  // Read once: mediasoup clones them at every access.
  const streams = Math.max(producer.rtpParameters.encodings?.length ?? 1, 1);
  const current = () =>
    withSource((own() as types.ConsumerScore).score, streams, consumer, producer);

  Object.defineProperty(consumer, 'score', { get: current, configurable: true });
  override(consumer, 'getStats', async (getStats) =>
    withSourceInStats((await getStats()) as types.ConsumerStat[], consumer, producer),
  );

  const tellEach = [consumer, consumer.observer].map((emitter) =>
    tellChanges(emitter as unknown as Emitter, current),
  );
  const tell = () => {
    if (!consumer.closed) {
      tellEach.forEach((tellOne) => tellOne());
    }
  };

  producer.observer.on('score', tell);
  consumer.observer.once('close', () => producer.observer.off('score', tell));
}

/** Puts the score shown in the place of each 'score' that comes, and drops those without news. */
function tellChanges(emitter: Emitter, current: () => types.ConsumerScore): () => boolean {
  const safeEmit = emitter.safeEmit.bind(emitter);
  let shown = JSON.stringify(current());
  const tell = () => {
    const score = current();
    const text = JSON.stringify(score);

    if (text === shown) {
      return false;
    }
    shown = text;

    return safeEmit('score', score);
  };

  emitter.safeEmit = (event, ...args) => (event === 'score' ? tell() : safeEmit(event, ...args));

  return tell;
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
  if (consumer.type !== 'simulcast') {
    return scores[0] ?? 0;
  }

  const layer = consumer.currentLayers?.spatialLayer;

  return layer === undefined ? 0 : (scores[layer] ?? 0);
}

function withSourceInStats<S extends { type: string }>(
  stats: S[],
  consumer: types.Consumer,
  producer: types.Producer,
): S[] {
  const { producerScore } = consumer.score;

  return stats.map((entry) =>
    entry.type === 'inbound-rtp' && producer.score.length > 0
      ? { ...entry, score: producerScore }
      : entry,
  );
}
