import type { Kind } from '@tureen/protocol';
import { below, pick, randomValue, type Random } from '../protocol/random.js';
import { audioProducer, loopback, mediaCodecs, receiverCapabilities } from '../support/media.js';

/** What an attacker knows of the objects of a session. */
export interface Knowledge {
  /** Producer and data producer of the own session, and one of another's. */
  producerId: string;
  dataProducerId: string;
  foreignId: string;
}

const nested = (depth: number): unknown => (depth === 0 ? null : [nested(depth - 1)]);
const notAString = { toString: 1, valueOf: 1 };

/** Values that mean trouble somewhere. */
const evil: ((random: Random, knowledge: Knowledge) => unknown)[] = [
  ...[undefined, null, true, false, NaN, Infinity, -Infinity, -0, 0, 1, -1, 0.5].map(
    (value) => () => value,
  ),
  ...[127, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31)].map(
    (value) => () => value,
  ),
  ...[2n ** 63n, -(2n ** 62n)].map((value) => () => value),
  ...['', 'text', '__proto__', 'constructor', '\0', '☃', '127.0.0.1', 'audio', 'udp'].map(
    (value) => () => value,
  ),
  () => 'x'.repeat(20_000),
  () => Buffer.alloc(0),
  (random) => Buffer.alloc(below(random, 3000), 0x80),
  () => [],
  () => ({}),
  () => notAString,
  () => ({ length: 500_000_000 }),
  () => Object.fromEntries([['__proto__', { polluted: true }]]),
  () => ({ constructor: { prototype: { polluted: true } } }),
  () => nested(20),
  () => Array.from({ length: 5000 }, () => 0),
  () => Array.from({ length: 900 }, () => ({})),
  () => Array.from({ length: 2000 }, () => ({})),
  (random) => ({ $handle: below(random, 40) - 2 }),
  (random) => ({ $shared: below(random, 70) - 2 }),
  (_random, { producerId }) => producerId,
  (_random, { dataProducerId }) => dataProducerId,
  (_random, { foreignId }) => foreignId,
  (random) => randomValue(random),
];

export function evilValue(random: Random, knowledge: Knowledge): unknown {
  return pick(random, evil)(random, knowledge);
}

const sctpStream = { streamId: 3, ordered: true };
const srtp = { cryptoSuite: 'AES_CM_128_HMAC_SHA1_80', keyBase64: 'a'.repeat(40) };

/** Arguments that mediasoup takes, for methods that take any: something to go wrong from. */
const good: Record<string, (random: Random, knowledge: Knowledge) => unknown[]> = {
  createWorker: () => [{ logLevel: 'error', logTags: ['info'], rtcMinPort: 40000 }],
  updateSettings: () => [{ logLevel: 'error', logTags: ['rtp'] }],
  createRouter: () => [{ mediaCodecs, appData: { a: 1 } }],
  createWebRtcServer: () => [{ listenInfos: [loopback] }],
  createWebRtcTransport: (random) => [
    random() < 0.5
      ? { listenInfos: [loopback], enableSctp: true, initialAvailableOutgoingBitrate: 1e6 }
      : { webRtcServer: { $handle: below(random, 14) }, enableUdp: true },
  ],
  createPlainTransport: () => [
    { listenInfo: loopback, rtcpMux: false, comedia: true, enableSctp: true, enableSrtp: true },
  ],
  createPipeTransport: () => [{ listenInfo: loopback, enableRtx: true, enableSrtp: true }],
  createDirectTransport: () => [{ maxMessageSize: 1000 }],
  createActiveSpeakerObserver: () => [{ interval: 300 }],
  createAudioLevelObserver: () => [{ maxEntries: 2, threshold: -60, interval: 300 }],
  connect: (random) =>
    pick(random, [
      [{ ip: '127.0.0.1', port: 9, rtcpPort: 9, srtpParameters: srtp }],
      [{ dtlsParameters: { role: 'auto', fingerprints: [{ algorithm: 'sha-256', value: 'AA' }] } }],
    ]),
  setMaxIncomingBitrate: () => [500_000],
  setMaxOutgoingBitrate: () => [500_000],
  setMinOutgoingBitrate: () => [100_000],
  enableTraceEvent: () => [['rtp', 'probation', 'bwe', 'keyframe']],
  produce: (random) => [audioProducer(1 + below(random, 1e6))],
  consume: (_random, { producerId }) => [
    { producerId, rtpCapabilities: receiverCapabilities, paused: true },
  ],
  produceData: () => [{ sctpStreamParameters: sctpStream, label: 'label', protocol: 'protocol' }],
  consumeData: (_random, { dataProducerId }) => [
    { dataProducerId, ordered: true, subchannels: [1, 2] },
  ],
  setPreferredLayers: () => [{ spatialLayer: 1, temporalLayer: 1 }],
  setPriority: () => [1],
  setBufferedAmountLowThreshold: () => [100],
  setSubchannels: () => [[1, 2, 3]],
  addSubchannel: () => [1],
  removeSubchannel: () => [1],
  addProducer: (_random, { producerId }) => [{ producerId }],
  removeProducer: (_random, { producerId }) => [{ producerId }],
  send: () => [Buffer.from('message'), 51, [1], 1],
  sendRtcp: () => [Buffer.alloc(28, 0x80)],
  updateMediaCodecs: () => [mediaCodecs],
};

/** Arguments of a method with some number of things wrong, which may be none. */
export function argumentsFor(
  random: Random,
  method: string,
  knowledge: Knowledge,
): readonly unknown[] {
  const args = Object.hasOwn(good, method) ? (good[method]?.(random, knowledge) ?? []) : [];
  const wrong = below(random, 3);
  let result: unknown = args;

  for (let index = 0; index < wrong; index += 1) {
    result = spoil(random, result, knowledge);
  }
  if (random() < 0.05) return [...(result as unknown[]), evilValue(random, knowledge)];
  if (random() < 0.05) return (result as unknown[]).slice(1);

  return result as unknown[];
}

/** A copy with one part, somewhere, replaced, added or left out; the outermost stays a list. */
function spoil(random: Random, value: unknown, knowledge: Knowledge, depth = 0): unknown {
  const isContainer = typeof value === 'object' && value !== null && !Buffer.isBuffer(value);

  if (!isContainer || (depth > 0 && random() < 0.25)) {
    return depth === 0 ? [value] : evilValue(random, knowledge);
  }
  if (Array.isArray(value)) {
    if (value.length === 0 || random() < 0.1) return [...value, evilValue(random, knowledge)];

    const at = below(random, value.length);

    return value.map((item: unknown, index) =>
      index === at ? spoil(random, item, knowledge, depth + 1) : item,
    );
  }

  const entries = Object.entries(value);

  if (entries.length === 0 || random() < 0.1) {
    const name = pick(random, ['__proto__', 'toString', 'length', 'id', 'appData', 'then']);

    return Object.fromEntries([...entries, [name, evilValue(random, knowledge)]]);
  }

  const at = below(random, entries.length);

  if (random() < 0.1) return Object.fromEntries(entries.filter((_, index) => index !== at));

  return Object.fromEntries(
    entries.map(([name, item], index) => [
      name,
      index === at ? spoil(random, item, knowledge, depth + 1) : item,
    ]),
  );
}

/** What every session of an attacker has, in the order of its making: handles are 1, 2, … */
export const furniture: readonly {
  kind: Exclude<Kind, 'mediasoup'>;
  owner: number;
  method: string;
  args: (knowledge: Knowledge) => unknown[];
}[] = [
  { kind: 'worker', owner: 0, method: 'createWorker', args: () => [{}] },
  { kind: 'router', owner: 1, method: 'createRouter', args: () => [{ mediaCodecs }] },
  {
    kind: 'webRtcServer',
    owner: 1,
    method: 'createWebRtcServer',
    args: () => [{ listenInfos: [loopback] }],
  },
  {
    kind: 'webRtcTransport',
    owner: 2,
    method: 'createWebRtcTransport',
    args: () => [{ webRtcServer: { $handle: 3 } }],
  },
  {
    kind: 'plainTransport',
    owner: 2,
    method: 'createPlainTransport',
    args: () => [{ listenInfo: loopback, comedia: true, enableSctp: true }],
  },
  {
    kind: 'pipeTransport',
    owner: 2,
    method: 'createPipeTransport',
    args: () => [{ listenInfo: loopback }],
  },
  { kind: 'directTransport', owner: 2, method: 'createDirectTransport', args: () => [{}] },
  { kind: 'producer', owner: 7, method: 'produce', args: () => [audioProducer(7)] },
  {
    kind: 'consumer',
    owner: 7,
    method: 'consume',
    args: ({ producerId }) => [{ producerId, rtpCapabilities: receiverCapabilities }],
  },
  { kind: 'dataProducer', owner: 7, method: 'produceData', args: () => [{ label: 'x' }] },
  {
    kind: 'dataConsumer',
    owner: 7,
    method: 'consumeData',
    args: ({ dataProducerId }) => [{ dataProducerId }],
  },
  { kind: 'audioLevelObserver', owner: 2, method: 'createAudioLevelObserver', args: () => [{}] },
  {
    kind: 'activeSpeakerObserver',
    owner: 2,
    method: 'createActiveSpeakerObserver',
    args: () => [{}],
  },
];
