import type { types } from 'mediasoup-client';
import type { MessageDigest, MessageSpec } from './messages.js';

/** What a page asks the test for: its signaling. */
export interface Requests {
  connect(data: { transportId: string; dtlsParameters: types.DtlsParameters }): void;
  produce(data: { kind: types.MediaKind; rtpParameters: types.RtpParameters }): { id: string };
  produceData(data: {
    sctpStreamParameters: types.SctpStreamParameters;
    label?: string;
    protocol?: string;
  }): { id: string };
}

/** Exposed to the page as `window.request`. */
export type Request = (method: keyof Requests, data: unknown) => Promise<unknown>;

export interface VideoOptions {
  width: number;
  height: number;
  frameRate: number;
  /** MIME type of the codec. */
  codec: string;
  encodings: types.RtpEncodingParameters[];
}

export interface VideoStats {
  frameWidth: number;
  frameHeight: number;
  framesDecoded: number;
}

/** What a test asks a page for, as `window.media`. */
export interface MediaPageApi {
  /** @returns What the browser can receive. */
  load(routerRtpCapabilities: types.RtpCapabilities): Promise<types.RtpCapabilities>;
  createTransport(direction: 'send' | 'receive', options: types.TransportOptions): void;

  /** Resolves with the data producer's id when its channel is open. */
  produceData(options: types.DataProducerOptions): Promise<string>;
  /** Sends one after the other, without waiting in between. */
  send(dataProducerId: string, messages: MessageSpec[]): void;
  /** Resolves when the channel is open; from then on messages are kept. */
  consumeData(options: types.DataConsumerOptions): Promise<void>;
  received(dataConsumerId: string): Promise<MessageDigest[]>;

  /** Sends the camera. @returns The producer's id. */
  produceVideo(options: VideoOptions): Promise<string>;
  setMaxSpatialLayer(producerId: string, spatialLayer: number): Promise<void>;
  /** Frame widths of what is being sent, per encoding that is active. */
  sentWidths(producerId: string): Promise<number[]>;
  consume(options: types.ConsumerOptions): Promise<void>;
  videoStats(consumerId: string): Promise<VideoStats>;
}
