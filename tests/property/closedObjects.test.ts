import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryLink, type Fence } from '@tureen/protocol';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { RemoteServer } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextEvent, recordEvents, until } from '../support/events.js';
import { audioProducer, mediaCodecs } from '../support/media.js';
import { consume } from '../support/plain.js';
import { AudioStream } from '../support/rtp.js';
import { closeWorker } from '../support/useTarget.js';

setFlagsFromString('--expose-gc');

const collectGarbage = runInNewContext('gc') as () => void;

/** What no sequence can force: something of the server's on its way while the application closes. */
describe('an object that the application has closed', () => {
  let server: RemoteServer;
  let client: RemoteMediasoupClient;
  let worker: types.Worker;
  let router: types.Router;
  /** The server's. */
  let realRouter: Promise<types.Router>;
  let transport: types.DirectTransport;
  let producer: types.Producer;
  let consumer: types.Consumer;
  let events: string[];
  /** Holds back what the server says from now on. */
  let holdBack: () => Fence;

  beforeEach(async () => {
    server = new RemoteServer({ mediasoup });
    client = new RemoteMediasoupClient(undefined, {
      dial: async () => {
        const [ours, theirs] = MemoryLink.pair();

        holdBack = () => theirs.fence();
        server.accept(theirs);

        return ours;
      },
    });
    await once(client, 'mediasoup');
    realRouter = new Promise((resolve) =>
      mediasoup.observer.once('newworker', (real) => real.observer.once('newrouter', resolve)),
    );
    worker = await client.mediasoup!.createWorker();

    router = await worker.createRouter({ mediaCodecs });

    transport = await router.createDirectTransport();
    producer = await transport.produce(audioProducer(1000));
    consumer = await consume(transport, producer);
    events = [];
    for (const event of ['producerpause', 'producerresume', 'producerclose'] as const) {
      consumer.on(event, () => events.push(event));
    }
    for (const event of ['pause', 'resume', 'close'] as const) {
      consumer.observer.on(event, () => events.push(`observer ${event}`));
    }
  });

  afterEach(async () => {
    await closeWorker(worker);
    client.close();
    await server.close();
  });

  test('hears no more of its producer', async () => {
    const fence = holdBack();
    const paused = producer.pause();

    await fence.reached();
    consumer.close();
    fence.release();
    await paused;
    await transport.dump();

    expect(consumer.producerPaused).toBe(false);
    expect(events).toEqual(['observer close']);
  });

  test('hears the answers to its last calls', async () => {
    const fence = holdBack();
    const paused = consumer.pause();

    await fence.reached();
    consumer.close();
    fence.release();
    await paused;

    expect(consumer.paused).toBe(true);
    expect(events).toEqual(['observer close', 'observer pause']);
  });

  test('is named in what was done with it', async () => {
    const level = await router.createAudioLevelObserver();
    const added = nextEvent(level.observer, 'addproducer');
    const fence = holdBack();

    void level.addProducer({ producerId: producer.id });
    producer.close();
    await fence.reached();
    fence.release();

    expect((await added)[0]).toBe(producer);
  });

  test('is not named among those that are loud', async () => {
    // The server's own object, to know what it has said.
    const real = mediasoup.extras.enhancedOnce<{ newrtpobserver: [types.AudioLevelObserver] }>(
      (await realRouter).observer,
      'newrtpobserver',
    );
    const level = await router.createAudioLevelObserver({ interval: 250, threshold: -100 });
    const [realLevel] = await real;
    const volumes = recordEvents(level, 'volumes');
    const observed = recordEvents(level.observer, 'volumes');

    await level.addProducer({ producerId: producer.id });
    // Often: a level counts if ten packets arrive within an interval.
    new AudioStream(1000, (packet) => producer.closed || producer.send(packet), {
      intervalMs: 5,
    }).start();
    await nextEvent(level, 'volumes');

    const fence = holdBack();

    await nextEvent(realLevel, 'volumes');
    volumes.length = 0;
    observed.length = 0;
    producer.close();
    fence.release();
    await transport.dump();

    expect(volumes).toEqual([]);
    expect(observed).toEqual([]);
  });

  test('hears nothing more when its worker closes with calls under way', async () => {
    const fence = holdBack();
    const paused = consumer.pause();

    await fence.reached();
    worker.close();
    fence.release();

    await expect(paused).rejects.toBeInstanceOf(client.mediasoup!.errors.WorkerClosedError);
    await nextEvent(worker, 'subprocessclose');
    expect(consumer.paused).toBe(false);
    expect(events).toEqual(['observer close']);
  });

  /** Closed by its producer while a call is under way, then its transport; both end by one word. */
  async function closeBySource(): Promise<WeakRef<object>> {
    const source = await transport.produce(audioProducer(2000));
    const receiver = await router.createDirectTransport();
    const closed = await consume(receiver, source, { pipe: true });
    // Of audio, so the worker never answers.
    const asked = closed.requestKeyFrame().catch((error: unknown) => error);

    source.close();
    await nextEvent(closed, 'producerclose');
    receiver.close();
    worker.close();
    await asked;

    return new WeakRef(closed);
  }

  test('is forgotten with its owner if it was closed by something else before', async () => {
    const closed = await closeBySource();

    await until('it to be forgotten', () => {
      collectGarbage();

      return closed.deref() === undefined;
    });
  });

  /** As by one who has several routers and closes what is in them in an order of its own. */
  async function closeBeforeOwner(): Promise<WeakRef<object>> {
    const closed = await router.createDirectTransport();

    await closed.produce(audioProducer(3000));
    closed.routerClosed();
    router.close();

    return new WeakRef(closed);
  }

  test('is forgotten with its owner if it was told of its end before', async () => {
    const closed = await closeBeforeOwner();

    await until('it to be forgotten', () => {
      collectGarbage();

      return closed.deref() === undefined;
    });
  });

  /** By what the worker says on its own, which may come with its next answer. */
  test('is closed by its producer though it was created while its transport closed', async () => {
    for (let round = 1; round <= 40; round += 1) {
      const both = await router.createDirectTransport();
      const source = await both.produce(audioProducer(2000 + round));
      const consuming = consume(both, source);

      both.close();

      const orphan = await consuming;
      const heard = recordEvents(orphan, 'producerclose');

      await until(`the consumer of round ${round} to be closed`, () => orphan.closed);
      expect(heard).toHaveLength(1);
      expect(orphan.producerPaused).toBe(false);
    }
  });
});
