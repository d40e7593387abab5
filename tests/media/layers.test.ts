import { isDeepStrictEqual } from 'node:util';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, type TestBrowser } from '../support/browser.js';
import { until } from '../support/events.js';
import { MediaPage } from '../support/MediaPage.js';
import type { VideoOptions, VideoStats } from '../support/pages/api.js';
import type { RunningTarget } from '../support/useTarget.js';
import { onAll, useSides } from './sides.js';

const TIMEOUT_MS = 270_000;
/** Software encodes and decodes all layers, perhaps on a busy machine. */
const DEADLINE_MS = 60_000;

const SIZES = ['320x180', '640x360', '1280x720'];
const TEMPORAL_LAYERS = 3;

const sizeOf = ({ frameWidth, frameHeight }: VideoStats): string => `${frameWidth}x${frameHeight}`;

/** Few frames and few bits: it is the size that matters. */
const camera = { width: 1280, height: 720, frameRate: 10 };

const simulcast: VideoOptions = {
  ...camera,
  codec: 'video/VP8',
  encodings: [
    { scaleResolutionDownBy: 4, maxBitrate: 100_000, scalabilityMode: 'L1T3' },
    { scaleResolutionDownBy: 2, maxBitrate: 250_000, scalabilityMode: 'L1T3' },
    { scaleResolutionDownBy: 1, maxBitrate: 600_000, scalabilityMode: 'L1T3' },
  ],
};

const svc: VideoOptions = {
  ...camera,
  codec: 'video/VP9',
  encodings: [{ maxBitrate: 1_000_000, scalabilityMode: 'L3T3' }],
};

const mediaCodecs: types.RouterRtpCodecCapability[] = [
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
  { kind: 'video', mimeType: 'video/VP9', clockRate: 90000, parameters: { 'profile-id': 0 } },
];

/** How good a stream is depends on how busy the machine is. */
const alive = ({ score }: { score: number }): string => (score > 0 ? 'up' : 'down');

/** Writes down what the events say of streams and layers, those of the observers included. */
function watch(producer: types.Producer, consumer: types.Consumer): string[] {
  const lines: string[] = [];
  const layer = () => consumer.currentLayers?.spatialLayer ?? 'none';
  // What an event tells, the object has to say as well at that moment.
  const note = (event: string, told: unknown, state: unknown, news: string) => {
    // mediasoup tells some of it as instances of a class of its own.
    const agrees = isDeepStrictEqual(structuredClone(told), state);

    lines.push(`${event} [${news}${agrees ? '' : ', but not the object'}]`);
  };
  const produced = (name: string) => (scores: types.ProducerScore[]) =>
    note(`${name} score`, scores, producer.score, scores.map(alive).join());
  const consumed = (name: string) => (score: types.ConsumerScore) => {
    const stream = alive({ score: score.producerScore });
    const all = score.producerScores.map((each) => alive({ score: each }));

    note(`${name} score`, score, consumer.score, `${stream} of ${all}, layer ${layer()}`);
  };
  const layered = (name: string) => (layers?: types.ConsumerLayers) =>
    note(`${name} layerschange`, layers, consumer.currentLayers, `${layer()}`);

  producer.on('score', produced('producer'));
  producer.observer.on('score', produced('producer.observer'));
  consumer.on('score', consumed('consumer'));
  consumer.observer.on('score', consumed('consumer.observer'));
  consumer.on('layerschange', layered('consumer'));
  consumer.observer.on('layerschange', layered('consumer.observer'));

  return lines;
}

/**
 * Without repetitions of an event that tell nothing new: how many there are, of temporal layers and
 * of degrees of quality, depends on the machine too.
 */
function newsOf(lines: string[]): string[] {
  const last = new Map<string, string>();

  return lines.filter((line) => {
    const event = line.slice(0, line.indexOf(' ['));
    const isNews = last.get(event) !== line;

    last.set(event, line);

    return isNews;
  });
}

const SETTLED = 'settled []';

/**
 * Without what came before the first layer wanted. A pipe between workers starts with its first
 * consumer, for which the layers then come up one by one, as they do with a sender that has just
 * begun.
 */
const sinceSettled = <T extends { log: string[] }>(seen: T): T => ({
  ...seen,
  log: seen.log.slice(seen.log.indexOf(SETTLED)),
});

const layersIn = (lines: string[]): string[] =>
  lines.flatMap((line) => /^consumer layerschange \[(.+)\]$/.exec(line)?.[1] ?? []);

describe('layers of a browser', () => {
  const sides = useSides();
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await launchBrowser();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser?.close();
  }, TIMEOUT_MS);

  const check = (name: string, run: () => Promise<void>) => test(name, run, TIMEOUT_MS);

  const watchCamera = async (running: RunningTarget, options: VideoOptions) => {
    const worker = await running.createWorker();
    const router = await worker.createRouter({ mediaCodecs });
    const sender = await MediaPage.open(browser, router);
    const receiver = await MediaPage.open(browser, router);
    const producer = await sender.produceVideo(options);
    const streamsReach = (state: string) =>
      until(
        `the streams are ${state}`,
        () => producer.score.map(alive).join() === state,
        DEADLINE_MS,
      );

    await streamsReach(options.encodings.map(() => 'up').join());
    await until(
      'the largest picture is being sent',
      async () => (await sender.sentWidths(producer)).at(-1) === camera.width,
      DEADLINE_MS,
    );

    const consumer = await receiver.consume(producer);
    const log = watch(producer, consumer);

    await consumer.resume();

    /** Waits for a layer at the server and for its size in the picture at the other browser. */
    const sees = async (spatialLayer: number): Promise<string> => {
      await until(
        `layer ${spatialLayer}`,
        () =>
          consumer.currentLayers?.spatialLayer === spatialLayer &&
          consumer.currentLayers.temporalLayer === TEMPORAL_LAYERS - 1,
        DEADLINE_MS,
      );
      await until(
        `a picture ${SIZES[spatialLayer]}`,
        async () => sizeOf(await receiver.videoStats(consumer)) === SIZES[spatialLayer],
        DEADLINE_MS,
      );

      const { framesDecoded } = await receiver.videoStats(consumer);

      await until(
        `more pictures ${SIZES[spatialLayer]}`,
        async () => (await receiver.videoStats(consumer)).framesDecoded > framesDecoded,
        DEADLINE_MS,
      );

      return sizeOf(await receiver.videoStats(consumer));
    };

    const prefer = async (spatialLayer: number): Promise<string> => {
      await consumer.setPreferredLayers({ spatialLayer, temporalLayer: TEMPORAL_LAYERS - 1 });
      expect(consumer.preferredLayers).toEqual({
        spatialLayer,
        temporalLayer: TEMPORAL_LAYERS - 1,
      });

      return sees(spatialLayer);
    };

    /** No layer flows for a while. */
    const interrupt = async (): Promise<void> => {
      await consumer.pause();
      await until('no layers', () => consumer.currentLayers === undefined);
      await consumer.resume();
    };

    return { sender, producer, consumer, log, sees, prefer, interrupt, streamsReach };
  };

  check('simulcast: preferred layers, and a layer that the sender takes away', async () => {
    const { local, remote, vertical } = await onAll(sides, async (running) => {
      const { sender, producer, consumer, log, sees, prefer, interrupt, streamsReach } =
        await watchCamera(running, simulcast);
      const sizes = [await sees(2)];

      log.push(SETTLED);
      sizes.push(await prefer(0), await prefer(1), await prefer(2));
      await interrupt();
      sizes.push(await sees(2));
      await sender.setMaxSpatialLayer(producer, 1);
      await streamsReach('up,up,down');
      sizes.push(await sees(1));

      return {
        types: [
          producer.type,
          consumer.type,
          consumer.rtpParameters.encodings![0]!.scalabilityMode,
        ],
        sizes,
        log: newsOf(log),
      };
    });

    expect(remote.types).toEqual(['simulcast', 'simulcast', 'L3T3']);
    expect(remote.sizes).toEqual([2, 0, 1, 2, 2, 1].map((layer) => SIZES[layer]));
    expect(layersIn(remote.log)).toEqual(['2', '0', '1', '2', 'none', '2', '1']);
    expect(remote.log).toContain('producer score [up,up,down]');
    expect(remote).toEqual(local);
    expect(sinceSettled(vertical)).toEqual(sinceSettled(local));
  });

  check('SVC: preferred layers', async () => {
    const { local, remote, vertical } = await onAll(sides, async (running) => {
      const { producer, consumer, log, sees, prefer, interrupt } = await watchCamera(running, svc);
      const sizes = [await sees(2)];

      log.push(SETTLED);
      sizes.push(await prefer(0), await prefer(1), await prefer(2));
      await interrupt();
      sizes.push(await sees(2));

      return {
        types: [
          producer.type,
          consumer.type,
          consumer.rtpParameters.encodings![0]!.scalabilityMode,
        ],
        sizes,
        log: newsOf(log),
        scores: [...producer.score, consumer.score, { score: consumer.score.producerScore }].map(
          alive,
        ),
      };
    });

    expect(remote.types).toEqual(['svc', 'svc', 'L3T3']);
    expect(remote.sizes).toEqual([2, 0, 1, 2, 2].map((layer) => SIZES[layer]));
    expect(layersIn(remote.log)).toEqual(['2', '0', '1', '2', 'none', '2']);
    expect(remote.scores[0]).toBe('up');
    expect(remote).toEqual(local);
    expect(sinceSettled(vertical)).toEqual(sinceSettled(local));
  });

  test('no page failed', () => {
    expect(browser.pageErrors).toEqual([]);
  });
});
