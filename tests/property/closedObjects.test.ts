import { once } from 'node:events';
import { MemoryLink, type Fence } from '@tureen/protocol';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { RemoteServer } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { audioProducer, mediaCodecs } from '../support/media.js';
import { consume } from '../support/plain.js';
import { closeWorker } from '../support/useTarget.js';

/** What no sequence can force: something of the server's on its way while the application closes. */
describe('an object that the application has closed', () => {
  let server: RemoteServer;
  let client: RemoteMediasoupClient;
  let worker: types.Worker;
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
    worker = await client.mediasoup!.createWorker();

    const router = await worker.createRouter({ mediaCodecs });

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
});
