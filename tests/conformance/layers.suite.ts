import { isDeepStrictEqual } from 'node:util';
import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { EventLog, nextEvent, recordEvents, until } from '../support/events.js';
import { audioProducer, videoProducer } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream, VideoStream } from '../support/rtp.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';

const SSRCS = [10, 20, 30];

export function layersSuite(target: Target): void {
  describe('scores and layers with flowing media', () => {
    const running = useTarget(target);

    async function simulcast() {
      const router = await running.createRouter();
      const sender = await plainSender(router);
      const receiver = await plainReceiver(router);
      const producer = await sender.transport.produce(videoProducer(...SSRCS));
      const streams = SSRCS.map((ssrc) =>
        new VideoStream(ssrc, sender.send).obey(sender.peer).start(),
      );

      return { router, sender, receiver, producer, streams };
    }

    const layersReach = (
      consumer: types.Consumer,
      spatialLayer: number,
      temporalLayer: number,
    ): Promise<unknown> =>
      until(
        `layers ${spatialLayer}:${temporalLayer}`,
        () =>
          consumer.currentLayers?.spatialLayer === spatialLayer &&
          consumer.currentLayers.temporalLayer === temporalLayer,
      );

    test('the score of a producer tells the loss of packets', async () => {
      const router = await running.createRouter();
      const { transport, send } = await plainSender(router);
      const producer = await transport.produce(audioProducer(1111));
      const own = recordEvents(producer, 'score');
      const ofObserver = recordEvents(producer.observer, 'score');
      const inEvent: types.ProducerScore[][] = [];
      const stream = new AudioStream(1111, send);

      producer.on('score', () => inEvent.push(producer.score));
      expect(producer.score).toEqual([]);

      const first = nextEvent(producer.observer, 'score');

      for (let count = 0; count < 10; count++) stream.sendNext();
      await first;

      const second = nextEvent(producer.observer, 'score');

      stream.skip(2);
      stream.sendNext();
      stream.sendSenderReport();
      await second;

      expect(inEvent).toMatchObject([
        [{ encodingIdx: 0, ssrc: 1111, score: 10 }],
        [{ encodingIdx: 0, ssrc: 1111, score: expect.any(Number) }],
      ]);
      expect(inEvent[1]![0]!.score).toBeGreaterThan(0);
      expect(inEvent[1]![0]!.score).toBeLessThan(10);
      expect(own).toEqual(inEvent.map((score) => [score]));
      expect(ofObserver).toEqual(own);
      expect(producer.score).toEqual(inEvent[1]);
    });

    test('a simulcast consumer gets to the best layers, then to the preferred ones', async () => {
      const { producer, receiver } = await simulcast();

      expect(producer.type).toBe('simulcast');

      const consumer = await consume(receiver.transport, producer);
      const own = recordEvents(consumer, 'layerschange');
      const ofObserver = recordEvents(consumer.observer, 'layerschange');
      const inEvent: unknown[] = [];

      consumer.on('layerschange', () => inEvent.push(consumer.currentLayers));
      expect(consumer.type).toBe('simulcast');
      expect(consumer.preferredLayers).toEqual({ spatialLayer: 2, temporalLayer: 2 });

      await layersReach(consumer, 2, 2);
      await expect(
        consumer.setPreferredLayers({ spatialLayer: 0, temporalLayer: 1 }),
      ).resolves.toBe(undefined);
      expect(consumer.preferredLayers).toEqual({ spatialLayer: 0, temporalLayer: 1 });
      await layersReach(consumer, 0, 1);

      await consumer.setPreferredLayers({ spatialLayer: 9, temporalLayer: 9 });
      expect(consumer.preferredLayers).toEqual({ spatialLayer: 2, temporalLayer: 2 });
      await layersReach(consumer, 2, 2);

      expect(own.length).toBeGreaterThan(2);
      expect(own.map(([layers]) => layers)).toEqual(inEvent);
      expect(ofObserver).toEqual(own);
    });

    test('layers start where the app wanted them from the beginning', async () => {
      const { producer, receiver } = await simulcast();
      const consumer = await consume(receiver.transport, producer, {
        preferredLayers: { spatialLayer: 1, temporalLayer: 0 },
      });

      expect(consumer.preferredLayers).toEqual({ spatialLayer: 1, temporalLayer: 0 });
      await layersReach(consumer, 1, 0);
    });

    test('a stream that stops takes its layer with it', async () => {
      const { producer, receiver, streams } = await simulcast();
      const consumer = await consume(receiver.transport, producer);

      // How well a stream is depends on what a busy machine loses; that it is there does not.
      const scoresOf = (): number[] => producer.score.map(({ score }) => score);
      const isThere = (): string =>
        scoresOf()
          .map((score) => String(score > 0))
          .join();

      await layersReach(consumer, 2, 2);
      // A worker changes to a stream of which it knows when it was captured. Of what comes through a
      // pipe it learns that after seconds, and not at all (mediasoup 3.27.1) if meanwhile the one
      // has ended that it began with.
      for (const spatialLayer of [0, 1, 2]) {
        await consumer.setPreferredLayers({ spatialLayer, temporalLayer: 2 });
        await layersReach(consumer, spatialLayer, 2);
      }
      await until('all streams', () => isThere() === 'true,true,true');
      expect(producer.score).toMatchObject(
        SSRCS.map((ssrc, encodingIdx) => ({ ssrc, encodingIdx })),
      );

      const scores = recordEvents<types.ConsumerEvents, 'score'>(consumer, 'score');
      const ofObserver = recordEvents(consumer.observer, 'score');

      streams[2]!.stop();
      await until('layer 1, and the same scores at both', () => {
        const { producerScore, producerScores } = consumer.score;

        return (
          isThere() === 'true,true,false' &&
          isDeepStrictEqual(consumer.currentLayers, { spatialLayer: 1, temporalLayer: 2 }) &&
          isDeepStrictEqual(producerScores, scoresOf()) &&
          producerScore === producerScores[1]
        );
      });
      expect(consumer.score.score).toBe(10);
      expect(scores.at(-1)).toEqual([consumer.score]);
      expect(ofObserver).toEqual(scores);
    });

    test('no layers while there is nothing to send', async () => {
      const { producer, receiver } = await simulcast();
      const consumer = await consume(receiver.transport, producer);

      await layersReach(consumer, 2, 2);

      const gone = nextEvent<types.ConsumerEvents, 'layerschange'>(
        consumer,
        'layerschange',
        (layers) => layers === undefined,
      );

      await consumer.pause();
      await gone;
      expect(consumer.currentLayers).toBe(undefined);
      await consumer.resume();
      await layersReach(consumer, 2, 2);
    });

    test('pausing, resuming and closing a producer reaches its consumers', async () => {
      const router = await running.createRouter();
      const sender = await plainSender(router);
      const receiver = await plainReceiver(router);
      const producer = await sender.transport.produce(audioProducer(1111));
      const consumer = await consume(receiver.transport, producer);
      const log = new EventLog();

      log.watch(
        'consumer',
        'consumer',
        consumer,
        () => `${consumer.paused} ${consumer.producerPaused} ${consumer.closed}`,
      );

      const paused = nextEvent(consumer.observer, 'pause');

      await producer.pause();
      await paused;

      const resumed = nextEvent(consumer.observer, 'resume');

      await producer.resume();
      await resumed;
      await consumer.pause();

      const pausedAgain = nextEvent(consumer, 'producerpause');

      await producer.pause();
      await pausedAgain;
      await consumer.resume();

      const resumedAgain = nextEvent(consumer.observer, 'resume');

      await producer.resume();
      await resumedAgain;

      const closed = nextEvent(consumer.observer, 'close');

      producer.close();
      await closed;

      expect(log.lines).toEqual([
        'consumer producerpause [false true false]',
        'consumer.observer pause [false true false]',
        'consumer producerresume [false false false]',
        'consumer.observer resume [false false false]',
        'consumer.observer pause [true false false]',
        'consumer producerpause [true true false]',
        'consumer producerresume [false false false]',
        'consumer.observer resume [false false false]',
        'consumer producerclose [false false true]',
        'consumer.observer close [false false true]',
      ]);
    });
  });
}
