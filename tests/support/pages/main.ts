import { Device, type types } from 'mediasoup-client';
import type { MediaPageApi, Request, Requests, VideoOptions, VideoStats } from './api.js';
import { bytesOf, type MessageDigest, type MessageSpec } from './messages.js';

declare global {
  interface Window {
    request: Request;
    media: MediaPageApi;
  }
}

const CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

function ask<Method extends keyof Requests>(
  method: Method,
  ...[data]: Parameters<Requests[Method]>
): Promise<ReturnType<Requests[Method]>> {
  return window.request(method, data) as Promise<ReturnType<Requests[Method]>>;
}

/** A participant without any opinion of its own: it does what the test says. */
class MediaPage implements MediaPageApi {
  readonly #device = new Device();
  readonly #transports = new Map<'send' | 'receive', types.Transport>();
  readonly #producers = new Map<string, types.Producer>();
  readonly #consumers = new Map<string, types.Consumer>();
  readonly #dataProducers = new Map<string, types.DataProducer>();
  readonly #received = new Map<string, Promise<MessageDigest>[]>();

  async load(routerRtpCapabilities: types.RtpCapabilities): Promise<types.RtpCapabilities> {
    await this.#device.load({ routerRtpCapabilities });
    return this.#device.recvRtpCapabilities;
  }

  createTransport(direction: 'send' | 'receive', options: types.TransportOptions): void {
    const transport =
      direction === 'send'
        ? this.#device.createSendTransport(options)
        : this.#device.createRecvTransport(options);

    transport.on('connect', ({ dtlsParameters }, callback, errback) => {
      ask('connect', { transportId: options.id, dtlsParameters }).then(callback, errback);
    });
    transport.on('produce', ({ kind, rtpParameters }, callback, errback) => {
      ask('produce', { kind, rtpParameters: withoutCaptureTime(rtpParameters) }).then(
        callback,
        errback,
      );
    });
    transport.on('producedata', ({ sctpStreamParameters, label, protocol }, callback, errback) => {
      ask('produceData', { sctpStreamParameters, label, protocol }).then(callback, errback);
    });
    this.#transports.set(direction, transport);
  }

  async produceData(options: types.DataProducerOptions): Promise<string> {
    const producer = await this.#transport('send').produceData(options);

    this.#dataProducers.set(producer.id, producer);
    await opened(producer);
    return producer.id;
  }

  send(dataProducerId: string, messages: MessageSpec[]): void {
    const producer = required(this.#dataProducers, dataProducerId);

    for (const message of messages) {
      const bytes = bytesOf(message);
      producer.send(message.kind === 'text' ? new TextDecoder().decode(bytes) : bytes);
    }
  }

  async consumeData(options: types.DataConsumerOptions): Promise<void> {
    const consumer = await this.#transport('receive').consumeData(options);
    const received: Promise<MessageDigest>[] = [];

    consumer.binaryType = 'arraybuffer';
    consumer.on('message', (data: string | ArrayBuffer) => received.push(digest(data)));
    this.#received.set(consumer.id, received);
    await opened(consumer);
  }

  received(dataConsumerId: string): Promise<MessageDigest[]> {
    return Promise.all(required(this.#received, dataConsumerId));
  }

  async produceVideo(options: VideoOptions): Promise<string> {
    const { width, height, frameRate } = options;
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { width, height, frameRate },
    });
    const codec = this.#device.sendRtpCapabilities.codecs?.find(
      ({ mimeType }) => mimeType.toLowerCase() === options.codec.toLowerCase(),
    );
    const producer = await this.#transport('send').produce({
      track: stream.getVideoTracks()[0]!,
      encodings: options.encodings,
      codec: codec!,
      codecOptions: { videoGoogleStartBitrate: 3_000 },
    });

    await keepResolution(producer.rtpSender!);
    this.#producers.set(producer.id, producer);
    return producer.id;
  }

  setMaxSpatialLayer(producerId: string, spatialLayer: number): Promise<void> {
    return required(this.#producers, producerId).setMaxSpatialLayer(spatialLayer);
  }

  async sentWidths(producerId: string): Promise<number[]> {
    const reports = await reportsOf(required(this.#producers, producerId), 'outbound-rtp');

    return (reports as RTCOutboundRtpStreamStats[])
      .filter(({ framesPerSecond }) => (framesPerSecond ?? 0) > 0)
      .map(({ frameWidth }) => frameWidth ?? 0)
      .sort((a, b) => a - b);
  }

  async consume(options: types.ConsumerOptions): Promise<void> {
    const consumer = await this.#transport('receive').consume(options);
    const video = document.createElement('video');

    video.muted = true;
    video.autoplay = true;
    video.srcObject = new MediaStream([consumer.track]);
    document.body.append(video);
    this.#consumers.set(consumer.id, consumer);
  }

  async videoStats(consumerId: string): Promise<VideoStats> {
    const [report] = (await reportsOf(
      required(this.#consumers, consumerId),
      'inbound-rtp',
    )) as RTCInboundRtpStreamStats[];

    return {
      frameWidth: report?.frameWidth ?? 0,
      frameHeight: report?.frameHeight ?? 0,
      framesDecoded: report?.framesDecoded ?? 0,
    };
  }

  #transport(direction: 'send' | 'receive'): types.Transport {
    return required(this.#transports, direction);
  }
}

function required<Key, Value>(map: Map<Key, Value>, key: Key): Value {
  const value = map.get(key);

  if (value === undefined) throw new Error(`this page has no ${String(key)}`);
  return value;
}

interface Channel {
  readyState: RTCDataChannelState;
  once(event: 'open', listener: () => void): unknown;
}

async function opened(channel: Channel): Promise<void> {
  if (channel.readyState === 'open') return;
  await new Promise<void>((resolve) => channel.once('open', resolve));
}

async function digest(data: string | ArrayBuffer): Promise<MessageDigest> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const hash = await crypto.subtle.digest('SHA-256', bytes);

  return {
    kind: typeof data === 'string' ? 'text' : 'binary',
    length: bytes.byteLength,
    sha256: Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

async function reportsOf(
  endpoint: { getStats(): Promise<RTCStatsReport> },
  type: string,
): Promise<RTCStats[]> {
  const all = [...(await endpoint.getStats()).values()] as RTCStats[];

  return all.filter((report) => report.type === type);
}

/** A busy machine shall lose frames rather than layers. */
async function keepResolution(sender: RTCRtpSender): Promise<void> {
  const parameters = sender.getParameters() as RTCRtpSendParameters & {
    degradationPreference?: string;
  };

  parameters.degradationPreference = 'maintain-resolution';
  await sender.setParameters(parameters);
}

/**
 * mediasoup-client announces this extension even where it was not negotiated. A worker that waits
 * for it never learns how simulcast layers lie in time, and never changes between them.
 */
function withoutCaptureTime(rtpParameters: types.RtpParameters): types.RtpParameters {
  const headerExtensions = rtpParameters.headerExtensions?.filter(
    ({ uri }) => uri !== CAPTURE_TIME,
  );

  return { ...rtpParameters, headerExtensions };
}

window.media = new MediaPage();
