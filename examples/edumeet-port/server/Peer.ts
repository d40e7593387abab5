import { randomUUID } from 'node:crypto';
import type * as types from 'mediasoup/types';
import type { Direction, Source } from '../shared/protocol.js';
import { RequestError } from './errors.js';
import type {
  MediaAppData,
  Notify,
  PeerConsumer,
  PeerProducer,
  PeerTransport,
  TransportAppData,
} from './wire.js';

const INITIAL_OUTGOING_BITRATE = 1_000_000;

export interface PeerOptions {
  displayName: string;
  pageKey: string;
  notify: Notify;
  /** A transport has gone with the worker below it, though the room's router lives. */
  onMediaLost: () => void;
}

/** One participant: two transports, what it sends and what it receives. */
export class Peer {
  readonly id = randomUUID();
  readonly displayName: string;
  readonly pageKey: string;
  readonly notify: Notify;
  readonly #onMediaLost: () => void;
  readonly #transports = new Map<string, PeerTransport>();
  readonly #producers = new Map<string, PeerProducer>();
  readonly #consumers = new Map<string, PeerConsumer>();
  #rtpCapabilities: types.RtpCapabilities | undefined;
  #closed = false;

  constructor(options: PeerOptions) {
    this.displayName = options.displayName;
    this.pageKey = options.pageKey;
    this.notify = options.notify;
    this.#onMediaLost = options.onMediaLost;
  }

  get closed(): boolean {
    return this.#closed;
  }
  get transports(): PeerTransport[] {
    return [...this.#transports.values()];
  }
  get producers(): PeerProducer[] {
    return [...this.#producers.values()];
  }
  get consumers(): PeerConsumer[] {
    return [...this.#consumers.values()];
  }

  /** Creates the transport for one direction; it replaces an earlier one of that direction. */
  async createTransport(
    direction: Direction,
    place: { router: types.Router; webRtcServer: types.WebRtcServer },
  ): Promise<PeerTransport> {
    const transport = await place.router.createWebRtcTransport<TransportAppData>({
      webRtcServer: place.webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BITRATE,
      appData: { peerId: this.id, direction },
    });
    if (this.#closed) {
      transport.close();
      throw new RequestError('not-joined', 'You left while the transport was created.');
    }
    // Where several workers act as one, a router outlives any of them. When all are dead it is
    // closed already, and its room tells everybody.
    const lost = () => {
      if (!place.router.closed) this.#onMediaLost();
    };
    if (transport.closed) {
      lost();
      throw new RequestError('media-error', 'The transport was lost while it was created.');
    }
    transport.once('routerclose', lost);
    for (const earlier of this.#transports.values()) {
      if (earlier.appData.direction === direction) earlier.close();
    }
    this.#transports.set(transport.id, transport);
    transport.observer.once('close', () => {
      this.#transports.delete(transport.id);
      if (direction === 'receive') this.#rtpCapabilities = undefined;
    });
    return transport;
  }

  transport(id: string): PeerTransport {
    return found(this.#transports.get(id), 'transport');
  }
  producer(id: string): PeerProducer {
    return found(this.#producers.get(id), 'producer');
  }
  consumer(id: string): PeerConsumer {
    return found(this.#consumers.get(id), 'consumer');
  }

  /** Sends from a source; an earlier producer of that source is replaced. */
  async produce(
    transportId: string,
    source: Source,
    rtpParameters: types.RtpParameters,
  ): Promise<PeerProducer> {
    const transport = this.transport(transportId);
    if (transport.appData.direction !== 'send') {
      throw new RequestError('bad-request', 'That transport does not send.');
    }
    const producer = await transport.produce<MediaAppData>({
      kind: source === 'camera' ? 'video' : 'audio',
      rtpParameters,
      appData: { peerId: this.id, source },
    });
    for (const earlier of this.#producers.values()) {
      if (earlier.appData.source === source) earlier.close();
    }
    this.#producers.set(producer.id, producer);
    producer.observer.once('close', () => this.#producers.delete(producer.id));
    return producer;
  }

  startReceiving(rtpCapabilities: types.RtpCapabilities): void {
    if (this.#rtpCapabilities) throw new RequestError('bad-request', 'You receive already.');
    if (!this.#receiveTransport()) {
      throw new RequestError('bad-request', 'Create a receive transport first.');
    }
    this.#rtpCapabilities = rtpCapabilities;
  }

  /**
   * Begins to receive somebody's producer, paused until the page asks for it: otherwise the first
   * key frame would arrive before the page can decode it. Does nothing while the page does not
   * receive or when it cannot decode that codec.
   *
   * @param onLost - Called when nothing comes any more though the producer is still there: where a
   * room spans hosts, what brought its stream to this one can go.
   */
  async consume(producer: PeerProducer, router: types.Router, onLost: () => void): Promise<void> {
    const transport = this.#receiveTransport();
    const rtpCapabilities = this.#rtpCapabilities;
    if (!transport || !rtpCapabilities) return;
    if (!router.canConsume({ producerId: producer.id, rtpCapabilities })) return;

    const consumer = await transport.consume<MediaAppData>({
      producerId: producer.id,
      rtpCapabilities,
      paused: true,
      appData: { peerId: producer.appData.peerId, source: producer.appData.source },
    });
    if (consumer.closed) return;
    this.#consumers.set(consumer.id, consumer);
    this.#forward(consumer);
    consumer.once('producerclose', () => {
      if (!producer.closed) onLost();
    });
    this.notify('newConsumer', {
      consumerId: consumer.id,
      producerId: consumer.producerId,
      peerId: consumer.appData.peerId,
      source: consumer.appData.source,
      kind: consumer.kind,
      rtpParameters: consumer.rtpParameters,
      producerPaused: consumer.producerPaused,
      score: consumer.score,
      layers: consumer.currentLayers ?? null,
    });
  }

  /** Closes the transports, and with them everything else. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const transport of this.#transports.values()) transport.close();
  }

  #receiveTransport(): PeerTransport | undefined {
    return this.transports.find((transport) => transport.appData.direction === 'receive');
  }

  #forward(consumer: PeerConsumer): void {
    const consumerId = consumer.id;
    consumer.observer.once('close', () => this.#consumers.delete(consumerId));
    consumer.once('producerclose', () => this.notify('consumerClosed', { consumerId }));
    consumer.on('producerpause', () => this.notify('consumerPaused', { consumerId }));
    consumer.on('producerresume', () => this.notify('consumerResumed', { consumerId }));
    consumer.on('score', (score) => this.notify('consumerScore', { consumerId, score }));
    consumer.on('layerschange', (layers) =>
      this.notify('consumerLayers', { consumerId, layers: layers ?? null }),
    );
  }
}

function found<T>(entity: T | undefined, what: string): T {
  if (!entity) throw new RequestError('not-found', `You have no such ${what}.`);
  return entity;
}
