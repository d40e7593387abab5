import type { types } from 'mediasoup-client';
import type { Source } from '../../shared/protocol.js';
import type { Signaling } from './Signaling.js';

/** Three simulcast layers: a quarter, half and all of the camera's width and height. */
const CAMERA_ENCODINGS: types.RtpEncodingParameters[] = [
  { scaleResolutionDownBy: 4, maxBitrate: 150_000, scalabilityMode: 'L1T3' },
  { scaleResolutionDownBy: 2, maxBitrate: 500_000, scalabilityMode: 'L1T3' },
  { scaleResolutionDownBy: 1, maxBitrate: 1_500_000, scalabilityMode: 'L1T3' },
];

/** Sends our camera and microphone over one transport. */
export class Sender {
  readonly #transport: types.Transport;
  readonly #signaling: Signaling;
  readonly #producers = new Map<Source, types.Producer>();
  #last: Promise<void> = Promise.resolve();

  constructor(transport: types.Transport, signaling: Signaling) {
    this.#transport = transport;
    this.#signaling = signaling;
    transport.on('produce', ({ rtpParameters, appData }, callback, errback) => {
      signaling
        .request('produce', {
          transportId: transport.id,
          source: appData['source'] as Source,
          rtpParameters: withoutCaptureTime(rtpParameters),
        })
        .then(({ producerId }) => callback({ id: producerId }), errback);
    });
  }

  /** Sends a track, for the first time or again after {@link pause}. */
  send(source: Source, track: MediaStreamTrack): Promise<void> {
    return this.#inTurn(() => this.#send(source, track));
  }

  /** Stops sending for a while. A camera's track is let go, so that it may be switched off. */
  pause(source: Source): Promise<void> {
    return this.#inTurn(() => this.#pause(source));
  }

  /** One change at a time, so that two never create two producers of one source. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => {});
    return result;
  }

  async #send(source: Source, track: MediaStreamTrack): Promise<void> {
    const producer = this.#producers.get(source);
    if (!producer) {
      this.#producers.set(source, await this.#produce(source, track));
      return;
    }
    await producer.replaceTrack({ track });
    producer.resume();
    await this.#signaling.request('resumeProducer', { producerId: producer.id });
  }

  async #pause(source: Source): Promise<void> {
    const producer = this.#producers.get(source);
    if (!producer) return;
    producer.pause();
    if (source === 'camera') await producer.replaceTrack({ track: null });
    await this.#signaling.request('pauseProducer', { producerId: producer.id });
  }

  #produce(source: Source, track: MediaStreamTrack): Promise<types.Producer> {
    const common = { track, stopTracks: false, appData: { source } };
    if (source === 'microphone') {
      const codecOptions = { opusDtx: true, opusFec: true };
      return this.#transport.produce({ ...common, codecOptions });
    }
    return this.#transport.produce({
      ...common,
      encodings: CAMERA_ENCODINGS,
      codecOptions: { videoGoogleStartBitrate: 1_000 },
    });
  }
}

const CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/**
 * mediasoup-client says that we send this extension even where it was not agreed on with the
 * browser. mediasoup would wait for it to learn how the simulcast layers lie in time, in vain, and
 * never change from one layer to another; without it mediasoup learns that from RTCP.
 */
function withoutCaptureTime(rtpParameters: types.RtpParameters): types.RtpParameters {
  const headerExtensions = rtpParameters.headerExtensions?.filter(
    ({ uri }) => uri !== CAPTURE_TIME,
  );
  return { ...rtpParameters, headerExtensions };
}
