// What browsers and plain senders declare, in the size in which they declare it.

export const loopback = { protocol: 'udp', ip: '127.0.0.1' };

export const mediaCodecs = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  {
    kind: 'video',
    mimeType: 'video/VP8',
    clockRate: 90000,
    parameters: { 'x-google-start-bitrate': 1000 },
  },
  { kind: 'video', mimeType: 'video/VP9', clockRate: 90000, parameters: { 'profile-id': 2 } },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90000,
    parameters: {
      'packetization-mode': 1,
      'profile-level-id': '42e01f',
      'level-asymmetry-allowed': 1,
    },
  },
];

const videoFeedback = [
  { type: 'nack' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
];
const browserFeedback = [
  { type: 'goog-remb', parameter: '' },
  { type: 'transport-cc', parameter: '' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'nack', parameter: '' },
  { type: 'nack', parameter: 'pli' },
];
const browserExtensions = [
  ['urn:ietf:params:rtp-hdrext:sdes:mid', 4],
  ['urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 10],
  ['urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', 11],
  ['http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', 2],
  ['http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 3],
  ['urn:3gpp:video-orientation', 13],
];

/** VP8 of a plain sender. */
export function plainVideo(ssrc) {
  return {
    kind: 'video',
    rtpParameters: {
      codecs: [
        {
          mimeType: 'video/VP8',
          payloadType: 102,
          clockRate: 90000,
          parameters: {},
          rtcpFeedback: videoFeedback,
        },
      ],
      encodings: [{ ssrc }],
      rtcp: { cname: `video${ssrc}` },
    },
  };
}

/** Opus of a plain or direct sender. */
export function plainAudio(ssrc) {
  return {
    kind: 'audio',
    rtpParameters: {
      codecs: [{ mimeType: 'audio/opus', payloadType: 101, clockRate: 48000, channels: 2 }],
      encodings: [{ ssrc }],
      rtcp: { cname: `audio${ssrc}` },
    },
  };
}

/** VP8 simulcast with three layers as a browser sends it. */
export function browserSimulcast(number) {
  return {
    kind: 'video',
    rtpParameters: {
      mid: `m${number}`,
      codecs: [
        {
          mimeType: 'video/VP8',
          payloadType: 96,
          clockRate: 90000,
          parameters: {},
          rtcpFeedback: browserFeedback,
        },
        {
          mimeType: 'video/rtx',
          payloadType: 97,
          clockRate: 90000,
          parameters: { apt: 96 },
          rtcpFeedback: [],
        },
      ],
      headerExtensions: browserExtensions.map(([uri, id]) => ({
        uri,
        id,
        encrypt: false,
        parameters: {},
      })),
      encodings: [
        { rid: 'r0', scaleResolutionDownBy: 4, maxBitrate: 500_000 },
        { rid: 'r1', scaleResolutionDownBy: 2, maxBitrate: 1_000_000 },
        { rid: 'r2', scaleResolutionDownBy: 1, maxBitrate: 5_000_000 },
      ].map((encoding) => ({ active: true, scalabilityMode: 'L1T3', dtx: false, ...encoding })),
      rtcp: { cname: `c2a1e0d4-6f6e-4dbb-a2ab-${number}`, reducedSize: true },
    },
  };
}
