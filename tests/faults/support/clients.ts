import { once } from 'node:events';
import {
  RemoteMediasoupClient,
  type Mediasoup,
  type RemoteMediasoupClientOptions,
} from '@tureen/remote-client';
import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import { until } from '../../support/events.js';
import { audioProducer, loopback, mediaCodecs } from '../../support/media.js';

const names = ['mediasoup', 'connected', 'disconnected', 'error', 'close'] as const;

/** A client with a list of its events; it is closed when the test is over. */
export class ObservedClient {
  readonly events: string[] = [];
  readonly errors: Error[] = [];
  readonly client: RemoteMediasoupClient;

  constructor(url?: string | URL, options: RemoteMediasoupClientOptions = {}) {
    this.client = new RemoteMediasoupClient(url, options);
    for (const name of names) {
      this.client.on(name, (value?: unknown) => {
        this.events.push(
          name === 'mediasoup' && value === undefined ? 'mediasoup undefined' : name,
        );
        if (name === 'error') this.errors.push(value as Error);
      });
    }
    onTestFinished(() => this.close());
  }

  /** One that has connected. */
  static async connect(
    url: string,
    options: RemoteMediasoupClientOptions = {},
  ): Promise<ObservedClient & { mediasoup: Mediasoup }> {
    const observed = new ObservedClient(url, options);
    const [mediasoup] = (await once(observed.client, 'mediasoup')) as [Mediasoup];

    return Object.assign(observed, { mediasoup });
  }

  count(event: string): number {
    return this.events.filter((name) => name === event).length;
  }

  /** Resolves when the event has come that often. */
  async saw(event: string, times = 1): Promise<void> {
    await until(`"${event}" ${times} times`, () => this.count(event) >= times);
  }

  async close(): Promise<void> {
    this.client.close();
    await until('the client to be closed', () => this.client.readyState === 3);
  }
}

export interface Room {
  worker: types.Worker;
  router: types.Router;
  transport: types.PlainTransport;
  producer: types.Producer;
  receiver: types.DirectTransport;
  consumer: types.Consumer;
}

/** One of the usual things: enough for a cascade to be seen. */
export async function makeRoom(mediasoup: {
  createWorker(): Promise<types.Worker>;
}): Promise<Room> {
  const worker = await mediasoup.createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createPlainTransport({ listenInfo: loopback, comedia: true });
  const producer = await transport.produce(audioProducer(1111));
  const receiver = await router.createDirectTransport();
  const consumer = await receiver.consume({
    producerId: producer.id,
    rtpCapabilities: router.rtpCapabilities,
  });

  return { worker, router, transport, producer, receiver, consumer };
}
