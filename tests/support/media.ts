import type { types } from 'mediasoup';

/** What the routers of the tests support. */
export const mediaCodecs: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
];

export const loopback: types.TransportListenInfo = { protocol: 'udp', ip: '127.0.0.1' };

export const AUDIO_PAYLOAD_TYPE = 111;
export const VIDEO_PAYLOAD_TYPE = 96;
export const AUDIO_LEVEL_ID = 1;
export const VIDEO_ORIENTATION_ID = 4;

/** An opus stream whose packets tell how loud they are. */
export function audioProducer(ssrc: number): types.ProducerOptions {
  return {
    kind: 'audio',
    rtpParameters: {
      codecs: [
        {
          mimeType: 'audio/opus',
          payloadType: AUDIO_PAYLOAD_TYPE,
          clockRate: 48000,
          channels: 2,
        },
      ],
      headerExtensions: [
        { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: AUDIO_LEVEL_ID },
      ],
      encodings: [{ ssrc }],
      rtcp: { cname: 'tureen' },
    },
  };
}

/** A VP8 stream, or with several SSRCs, the simulcast of one, from low to high. */
export function videoProducer(...ssrcs: number[]): types.ProducerOptions {
  return {
    kind: 'video',
    rtpParameters: {
      codecs: [
        {
          mimeType: 'video/VP8',
          payloadType: VIDEO_PAYLOAD_TYPE,
          clockRate: 90000,
          rtcpFeedback: [
            { type: 'nack' },
            { type: 'nack', parameter: 'pli' },
            { type: 'ccm', parameter: 'fir' },
          ],
        },
      ],
      headerExtensions: [{ uri: 'urn:3gpp:video-orientation', id: VIDEO_ORIENTATION_ID }],
      encodings: ssrcs.map((ssrc) => ({
        ssrc,
        ...(ssrcs.length > 1 ? { scalabilityMode: 'L1T3' } : {}),
      })),
      rtcp: { cname: 'tureen' },
    },
  };
}

/**
 * What a receiver that is neither browser nor router supports: no retransmission stream, no
 * bandwidth estimation, so that every packet is either forwarded or dropped by layer.
 */
export const receiverCapabilities: types.RtpCapabilities = {
  codecs: [
    {
      kind: 'audio',
      mimeType: 'audio/opus',
      preferredPayloadType: 100,
      clockRate: 48000,
      channels: 2,
    },
    {
      kind: 'video',
      mimeType: 'video/VP8',
      preferredPayloadType: 101,
      clockRate: 90000,
      rtcpFeedback: [
        { type: 'nack' },
        { type: 'nack', parameter: 'pli' },
        { type: 'ccm', parameter: 'fir' },
      ],
    },
  ],
};

const ABS_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time' as const;

/** A receiver that tells how much it can take, so that the router estimates the bandwidth. */
export const estimatingCapabilities: types.RtpCapabilities = {
  codecs: receiverCapabilities.codecs!.map((codec) => ({
    ...codec,
    rtcpFeedback: [...(codec.rtcpFeedback ?? []), { type: 'goog-remb' }],
  })),
  headerExtensions: [{ kind: 'video', uri: ABS_SEND_TIME, preferredId: 4 }],
};
