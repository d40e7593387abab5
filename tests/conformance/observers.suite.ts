import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { nextEvent, recordEvents, until } from '../support/events.js';
import { audioProducer, videoProducer } from '../support/media.js';
import { plainSender } from '../support/plain.js';
import { AudioStream } from '../support/rtp.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';

/**
 * Milliseconds between packets. A level counts if ten packets arrive within an interval, which even
 * a machine with much else to do must manage.
 */
const OFTEN = 5;

export function observersSuite(target: Target): void {
  describe('RTP observers with flowing media', () => {
    const running = useTarget(target);

    async function speaker(router: types.Router, ssrc: number, level: number, intervalMs = 20) {
      const { transport, send } = await plainSender(router);
      const producer = await transport.produce(audioProducer(ssrc));

      return { producer, stream: new AudioStream(ssrc, send, { level, intervalMs }).start() };
    }

    test('volumes tell who is loud, with the very producers of the app', async () => {
      const router = await running.createRouter();
      const observer = await router.createAudioLevelObserver({
        maxEntries: 2,
        threshold: -60,
        interval: 500,
      });
      const loud = await speaker(router, 1, -10, OFTEN);
      const quiet = await speaker(router, 2, -40, OFTEN);
      const inaudible = await speaker(router, 3, -100, OFTEN);

      for (const { producer } of [loud, quiet, inaudible]) {
        await observer.addProducer({ producerId: producer.id });
      }

      const isComplete = (volumes: types.AudioLevelObserverVolume[]): boolean =>
        volumes.length === 2;
      const both = await Promise.all([
        nextEvent<types.AudioLevelObserverEvents, 'volumes'>(observer, 'volumes', isComplete),
        nextEvent<types.AudioLevelObserverObserverEvents, 'volumes'>(
          observer.observer,
          'volumes',
          isComplete,
        ),
      ]);

      for (const [volumes] of both) {
        expect(volumes).toEqual([
          { producer: expect.anything(), volume: -10 },
          { producer: expect.anything(), volume: -40 },
        ]);
        expect(volumes[0]!.producer).toBe(loud.producer);
        expect(volumes[1]!.producer).toBe(quiet.producer);
      }
    });

    test('silence is told once nobody speaks, and not again', async () => {
      const router = await running.createRouter();
      const observer = await router.createAudioLevelObserver({ interval: 500 });
      const { producer, stream } = await speaker(router, 1, -10, OFTEN);

      await observer.addProducer({ producerId: producer.id });
      await nextEvent(observer, 'volumes');

      const silences = recordEvents(observer, 'silence');
      const silence = nextEvent(observer.observer, 'silence');

      stream.stop();
      await silence;
      expect(silences).toEqual([[]]);

      stream.start();
      await nextEvent(observer, 'volumes');
      expect(silences).toEqual([[]]);

      const paused = nextEvent(observer, 'silence');

      await observer.pause();
      await paused;
      expect(observer.paused).toBe(true);
      expect(silences).toEqual([[], []]);
    });

    test('the dominant speaker is the one who speaks, and changes with it', async () => {
      const router = await running.createRouter();
      const observer = await router.createActiveSpeakerObserver({ interval: 100 });
      const first = await speaker(router, 1, -10);
      const alone = nextEvent<types.ActiveSpeakerObserverEvents, 'dominantspeaker'>(
        observer,
        'dominantspeaker',
      );

      await observer.addProducer({ producerId: first.producer.id });
      expect((await alone)[0].producer).toBe(first.producer);

      // Whoever is always equally loud is taken for noise, so it murmurs before it speaks.
      const second = await speaker(router, 2, -100);

      await observer.addProducer({ producerId: second.producer.id });
      await until('a murmur', async () => (await second.producer.getStats())[0]?.packetCount);

      const changed = Promise.all([
        nextEvent<types.ActiveSpeakerObserverEvents, 'dominantspeaker'>(
          observer,
          'dominantspeaker',
        ),
        nextEvent<types.ActiveSpeakerObserverObserverEvents, 'dominantspeaker'>(
          observer.observer,
          'dominantspeaker',
        ),
      ]);

      first.stream.level = -127;
      second.stream.level = -10;
      for (const [{ producer }] of await changed) expect(producer).toBe(second.producer);
    });

    test('adding and removing producers', async () => {
      const router = await running.createRouter();
      const { transport } = await plainSender(router);
      const producer = await transport.produce(audioProducer(1));
      const video = await transport.produce(videoProducer(2));
      const { NotFoundError } = running.mediasoup.errors;

      for (const observer of [
        await router.createAudioLevelObserver(),
        await router.createActiveSpeakerObserver(),
      ]) {
        const events: unknown[][] = [];
        const itsObserver: types.RtpObserverObserver = observer.observer;

        itsObserver.on('addproducer', (added) => events.push(['add', added === producer]));
        itsObserver.on('removeproducer', (removed) =>
          events.push(['remove', removed === producer]),
        );

        await expect(observer.addProducer({ producerId: producer.id })).resolves.toBe(undefined);
        expect(events).toEqual([['add', true]]);
        await observer.removeProducer({ producerId: producer.id });
        expect(events).toEqual([
          ['add', true],
          ['remove', true],
        ]);

        await expect(observer.addProducer({ producerId: 'nobody' })).rejects.toThrow(
          new NotFoundError('Producer with id "nobody" not found'),
        );
        await expect(observer.addProducer({ producerId: video.id })).rejects.toThrow(TypeError);
        expect(events).toHaveLength(2);
      }
    });
  });
}
