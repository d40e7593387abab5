import { parseScalabilityMode, type types } from 'mediasoup-client';
import type { ConsumerInfo } from '../../shared/protocol.js';
import type { Signaling } from './Signaling.js';
import type { RemoteMedia, RemotePeer } from './state.js';
import type { PageMedia } from './wire.js';

/** Receives what the others send over one transport. */
export class Receiver {
  readonly #transport: types.Transport;
  readonly #signaling: Signaling;
  readonly #media = new Map<string, RemoteMedia>();

  constructor(transport: types.Transport, signaling: Signaling) {
    this.#transport = transport;
    this.#signaling = signaling;
  }

  get(consumerId: string): RemoteMedia | undefined {
    return this.#media.get(consumerId);
  }

  /**
   * Takes a consumer that the server created, and asks for its media once the browser is ready.
   * The media is on the peer at once, so that nothing told about it meanwhile is lost.
   */
  async take(info: ConsumerInfo<PageMedia>, peer: RemotePeer): Promise<void> {
    const media: RemoteMedia = {
      consumerId: info.consumerId,
      peerId: info.peerId,
      source: info.source,
      closed: false,
      producerPaused: info.producerPaused,
      score: info.score,
      layers: info.layers,
      spatialLayers: spatialLayersOf(info.rtpParameters),
    };
    this.#media.set(media.consumerId, media);
    peer[media.source] = media;

    const consumer = await this.#transport.consume({
      id: info.consumerId,
      producerId: info.producerId,
      kind: info.kind,
      rtpParameters: info.rtpParameters,
      // The browser keeps picture and sound of one stream id in step.
      streamId: info.peerId,
    });
    if (media.closed) return consumer.close();
    media.consumer = consumer;
    await this.#setPaused(media, !peer.receiving);
  }

  /** The sender is gone. */
  drop(consumerId: string): RemoteMedia | undefined {
    const media = this.#media.get(consumerId);
    if (!media) return undefined;
    this.#media.delete(consumerId);
    media.closed = true;
    media.consumer?.close();
    return media;
  }

  /** Stops or restarts everything from a peer, at the server: no bytes arrive while paused. */
  async setReceiving(peer: RemotePeer): Promise<void> {
    const all = [peer.camera, peer.microphone].filter((media) => media !== undefined);
    await Promise.all(all.map((media) => this.#setPaused(media, !peer.receiving)));
  }

  /** Asks for a spatial layer, or with undefined for the best that the network allows. */
  async setPreferredLayer(media: RemoteMedia, spatialLayer: number | undefined): Promise<void> {
    media.preferredSpatialLayer = spatialLayer;
    await this.#signaling.request('setPreferredLayers', {
      consumerId: media.consumerId,
      spatialLayer: spatialLayer ?? media.spatialLayers - 1,
    });
  }

  async #setPaused(media: RemoteMedia, paused: boolean): Promise<void> {
    const { consumer, consumerId } = media;
    if (!consumer || media.closed) return;
    if (paused) consumer.pause();
    else consumer.resume();
    await this.#signaling.request(paused ? 'pauseConsumer' : 'resumeConsumer', { consumerId });
  }
}

function spatialLayersOf(rtpParameters: types.RtpParameters): number {
  return parseScalabilityMode(rtpParameters.encodings?.[0]?.scalabilityMode).spatialLayers;
}
