import type { Random } from './random.js';
import { isToken, type Argument } from './sequence.js';

/* Options of calls: mostly right ones, and the wrong ones that applications really give. */

type Options = Readonly<Record<string, Argument>>;

const undefinedToken: Argument = { $: 'undefined' };

/** Values of the wrong type for nearly everything. */
export const oddities: readonly Argument[] = [
  undefinedToken,
  null,
  { $: 'nan' },
  { $: 'function' },
  -1,
  1.5,
  70000,
  1e12,
  '',
  'chicken',
  '7',
  true,
  [],
  {},
  ['x'],
  { id: 'x' },
  { $: 'buffer', bytes: [1, 2, 3] },
];

export const unknownId = '11111111-2222-4333-8444-555555555555';

const opus = { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 };
const vp8 = { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 };
const h264Parameters = {
  'level-asymmetry-allowed': 1,
  'packetization-mode': 1,
  'profile-level-id': '42e01f',
};
const h264 = {
  kind: 'video',
  mimeType: 'video/H264',
  clockRate: 90000,
  parameters: h264Parameters,
};
const vp9 = {
  kind: 'video',
  mimeType: 'video/VP9',
  clockRate: 90000,
  parameters: { 'profile-id': 2 },
  rtcpFeedback: [{ type: 'nack' }],
};

export const allCodecs: Argument = [opus, vp8, h264];

const someCodecs: readonly Argument[] = [
  allCodecs,
  [opus],
  [vp8],
  [h264, { ...opus, preferredPayloadType: 100, parameters: { foo: 'bar' } }],
  [vp9, opus, vp8, h264],
  [],
  undefinedToken,
];

const badCodecs: readonly Argument[] = [
  [{ kind: 'audio', mimeType: 'audio/chicken', clockRate: 8000, channels: 4 }],
  [{ kind: 'chicken', mimeType: 'audio/opus', clockRate: 48000 }],
  [{ mimeType: 'audio/opus', clockRate: 48000, channels: 2 }],
  [{ ...opus, clockRate: '48000' }],
  [{ ...opus, preferredPayloadType: 1000 }],
  [
    { ...opus, preferredPayloadType: 100 },
    { ...vp8, preferredPayloadType: 100 },
  ],
  'opus',
  {},
];

export function mediaCodecs(random: Random): Argument {
  return random.chance(0.85) ? random.pick(someCodecs) : random.pick(badCodecs);
}

/** Something of the application's, now and then. */
export function withAppData(random: Random, options: Options): Options {
  if (random.chance(0.7)) {
    return options;
  }

  const tag = random.below(1000);

  return {
    ...options,
    appData: random.pick<Argument>([
      { tag, nested: { list: [1, 'two', null] } },
      { tag },
      { tag, odd: { $: 'function' }, date: { $: 'date' } },
      [tag],
      null,
      undefinedToken,
      '',
    ]),
  };
}

export const badAppData: readonly Argument[] = ['NOT-AN-OBJECT', 123, true, { $: 'function' }];

/** Replaces one option by something odd, or leaves one out. */
export function spoiled(random: Random, options: Options): Options {
  const keys = Object.keys(options);

  if (keys.length === 0) {
    return options;
  }

  const key = random.pick(keys);

  if (random.chance(0.4)) {
    return Object.fromEntries(Object.entries(options).filter(([name]) => name !== key));
  }

  const odd = random.pick(oddities);

  return { ...options, [key]: isFunction(odd) && clonedKeys.has(key) ? 7 : odd };
}

/** Here mediasoup clones what it was given, and an error of that is about what cannot travel. */
const clonedKeys = new Set([
  'mediaCodecs',
  'rtpParameters',
  'rtpCapabilities',
  'sctpStreamParameters',
]);

function isFunction(argument: Argument): boolean {
  return isToken(argument) && argument.$ === 'function';
}

export const udp: Options = { protocol: 'udp', ip: '127.0.0.1' };
export const tcp: Options = { protocol: 'tcp', ip: '127.0.0.1' };

export function listenInfos(random: Random): Argument {
  return random.pick<Argument>([
    [udp],
    [udp],
    [udp, tcp],
    [{ ...udp, announcedAddress: '9.9.9.1' }],
    [{ ...udp, announcedIp: '9.9.9.2' }],
    [{ ...udp, announcedAddress: 'foo.example', exposeInternalIp: true }],
    [{ ...udp, flags: { ipv6Only: false, udpReusePort: false } }],
  ]);
}

const fingerprint =
  '82:5A:68:3D:36:C3:0A:DE:AF:E7:32:43:D2:88:83:57:AC:2D:65:E5:80:C4:B6:FB:AF:1A:A0:21:9F:6D:0C:AD';

export function dtlsParameters(random: Random): Argument {
  return random.pick<Argument>([
    { fingerprints: [{ algorithm: 'sha-256', value: fingerprint }], role: 'client' },
    { fingerprints: [{ algorithm: 'sha-256', value: fingerprint }], role: 'server' },
    { fingerprints: [{ algorithm: 'sha-256', value: fingerprint }], role: 'auto' },
    { fingerprints: [{ algorithm: 'sha-256', value: fingerprint }] },
    { fingerprints: [{ algorithm: 'sha-256', value: fingerprint }], role: 'chicken' },
    { fingerprints: [{ algorithm: 'sha-256000', value: fingerprint }], role: 'client' },
    { fingerprints: [{ algorithm: 'sha-256', value: 'NOT-A-FINGERPRINT' }], role: 'client' },
    { fingerprints: [], role: 'client' },
    {},
  ]);
}

export const srtpParameters: Argument = {
  cryptoSuite: 'AES_CM_128_HMAC_SHA1_80',
  keyBase64: 'ZnQ3eWJraDg0d3ZoYzM5cXN1Y2pnaHU5NWxrZTVv',
};

export type Media = 'opus' | 'vp8' | 'simulcast' | 'rids' | 'h264';

export const payloadTypes = { opus: 111, vp8: 96, simulcast: 96, rids: 96, h264: 112 };

const feedback: Argument = [
  { type: 'nack' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'goog-remb' },
];

function codecsOf(media: Media): Argument[] {
  switch (media) {
    case 'opus':
      return [
        {
          mimeType: 'audio/opus',
          payloadType: payloadTypes.opus,
          clockRate: 48000,
          channels: 2,
          parameters: { useinbandfec: 1, usedtx: 1, foo: 222.222, bar: '333' },
        },
      ];
    case 'h264':
      return [
        {
          mimeType: 'video/H264',
          payloadType: payloadTypes.h264,
          clockRate: 90000,
          parameters: h264Parameters,
          rtcpFeedback: feedback,
        },
        {
          mimeType: 'video/rtx',
          payloadType: 113,
          clockRate: 90000,
          parameters: { apt: payloadTypes.h264 },
        },
      ];
    default:
      return [
        {
          mimeType: 'video/VP8',
          payloadType: payloadTypes.vp8,
          clockRate: 90000,
          rtcpFeedback: feedback,
        },
      ];
  }
}

function encodingsOf(media: Media, ssrcs: readonly number[]): Argument[] {
  switch (media) {
    case 'simulcast':
      return ssrcs.map((ssrc) => ({ ssrc, scalabilityMode: 'L1T3' }));
    case 'rids':
      return ssrcs.map((_ssrc, index) => ({ rid: `r${index}`, scalabilityMode: 'L1T3' }));
    case 'h264':
      return ssrcs.map((ssrc) => ({ ssrc, rtx: { ssrc: ssrc + 1 } }));
    default:
      return ssrcs.map((ssrc) => ({ ssrc }));
  }
}

export function rtpParameters(random: Random, media: Media, ssrcs: readonly number[]): Options {
  const audio = media === 'opus';
  const rtcp = random.pick<Argument | undefined>([
    undefined,
    { cname: 'cname-a' },
    { cname: 'cname-b', reducedSize: false },
  ]);

  return {
    ...(media === 'rids' || random.chance(0.3) ? { mid: `m${ssrcs[0]}` } : {}),
    codecs: codecsOf(media),
    headerExtensions: [
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 10 },
      audio
        ? { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 12 }
        : { uri: 'urn:3gpp:video-orientation', id: 13 },
    ],
    encodings: encodingsOf(media, ssrcs),
    ...(rtcp === undefined ? {} : { rtcp }),
  };
}

const receiverCodecs = {
  opus: {
    kind: 'audio',
    mimeType: 'audio/opus',
    preferredPayloadType: 100,
    clockRate: 48000,
    channels: 2,
  },
  vp8: {
    kind: 'video',
    mimeType: 'video/VP8',
    preferredPayloadType: 101,
    clockRate: 90000,
    rtcpFeedback: feedback,
  },
  h264: {
    kind: 'video',
    mimeType: 'video/H264',
    preferredPayloadType: 103,
    clockRate: 90000,
    parameters: h264Parameters,
    rtcpFeedback: feedback,
  },
};

/** What receivers other than routers support, and what none can. */
export const receiverCapabilities: readonly Argument[] = [
  { codecs: [receiverCodecs.opus], headerExtensions: [] },
  { codecs: [receiverCodecs.vp8, receiverCodecs.opus], headerExtensions: [] },
  { codecs: [receiverCodecs.h264, receiverCodecs.vp8], headerExtensions: [] },
  { codecs: [], headerExtensions: [] },
  { codecs: [{ ...receiverCodecs.opus, clockRate: 8000 }] },
  { codecs: [{ kind: 'audio' }] },
  {},
];
