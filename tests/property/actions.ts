import type { EntityKind } from '../support/events.js';
import * as material from './material.js';
import { routerOf, type Known, type Model } from './Model.js';
import type { Random } from './random.js';
import { type Argument, isToken } from './sequence.js';

/** What an action needs to know. */
export interface Scene {
  random: Random;
  model: Model;
  /** Numbers that are given out once in a sequence. */
  unique(): number;
  /** Set by an action that will probably fail. */
  broken: boolean;
}

/** A call on the object that it was made for. */
export interface Action {
  call: string;
  args: readonly Argument[];
  /** What it creates if all goes well. */
  creates?: readonly (Pick<Known, 'kind'> &
    Partial<Known> & {
      /** Where the result has it, if it is not the result itself. */
      part?: string;
    })[];
  closes?: boolean;
}

type Maker = (scene: Scene, on: Known) => Action | undefined;

const id = (known: Known | undefined): Argument =>
  known ? { $: 'id', ref: known.ref } : material.unknownId;

/** Options of a call: mostly as they are, sometimes with appData, sometimes broken. */
function options(scene: Scene, given: Readonly<Record<string, Argument>>): readonly Argument[] {
  const { random } = scene;

  if (random.chance(0.93)) {
    return [material.withAppData(random, given)];
  }
  scene.broken = true;

  return random.weighted<() => readonly Argument[]>([
    [10, () => [material.spoiled(random, given)]],
    [4, () => [{ ...given, appData: random.pick(material.badAppData) }]],
    [1, () => []],
    [1, () => [random.pick(material.oddities)]],
  ])();
}

const plainCall =
  (call: string, ...args: Argument[]): Maker =>
  () => ({ call, args });

const close: Maker = () => ({ call: 'close', args: [], closes: true });

/** A call with one argument out of a list, or something odd. */
const oneOf =
  (call: string, choices: readonly Argument[], odd = 0.08): Maker =>
  ({ random }) => ({
    call,
    args: [random.chance(odd) ? random.pick(material.oddities) : random.pick(choices)],
  });

const createRouter: Maker = (scene) => ({
  call: 'createRouter',
  args: options(scene, { mediaCodecs: material.mediaCodecs(scene.random) }),
  creates: [{ kind: 'router' }],
});

const createWebRtcServer: Maker = (scene) => ({
  call: 'createWebRtcServer',
  args: options(scene, { listenInfos: material.listenInfos(scene.random) }),
  creates: [{ kind: 'webRtcServer' }],
});

const createWebRtcTransport: Maker = (scene, on) => {
  const { random, model } = scene;
  const server = random.chance(0.6)
    ? model.find(({ kind, owner }) => kind === 'webRtcServer' && owner === on.owner)
    : undefined;
  const sctp = random.chance(0.5);
  const listening: Record<string, Argument> = server
    ? { webRtcServer: { $: 'object', ref: server.ref } }
    : random.chance(0.2)
      ? { listenIps: ['127.0.0.1', { ip: '127.0.0.1', announcedIp: '9.9.9.3' }], enableTcp: true }
      : { listenInfos: material.listenInfos(random) };

  return {
    call: 'createWebRtcTransport',
    args: options(scene, {
      ...listening,
      ...(sctp ? { enableSctp: true, maxSendMessageSize: 100_000 } : {}),
      ...(random.chance(0.2) ? { initialAvailableOutgoingBitrate: 1_000_000 } : {}),
    }),
    creates: [{ kind: 'webRtcTransport', sctp, source: server }],
  };
};

const createPlainTransport: Maker = (scene) => {
  const { random } = scene;
  const rtcpMux = random.chance(0.6);
  const srtp = random.chance(0.3);
  const sctp = random.chance(0.3);

  return {
    call: 'createPlainTransport',
    args: options(scene, {
      ...(random.chance(0.2) ? { listenIp: '127.0.0.1' } : { listenInfo: material.udp }),
      rtcpMux,
      comedia: random.chance(0.3),
      enableSrtp: srtp,
      enableSctp: sctp,
    }),
    creates: [{ kind: 'plainTransport', srtp, sctp, rtcpMux }],
  };
};

const createPipeTransport: Maker = (scene) => {
  const { random } = scene;
  const srtp = random.chance(0.3);
  const sctp = random.chance(0.4);

  return {
    call: 'createPipeTransport',
    args: options(scene, {
      listenInfo: material.udp,
      enableSrtp: srtp,
      enableSctp: sctp,
      enableRtx: random.chance(0.3),
    }),
    creates: [{ kind: 'pipeTransport', srtp, sctp }],
  };
};

const createDirectTransport: Maker = (scene) => ({
  call: 'createDirectTransport',
  args: scene.random.chance(0.2) ? [] : options(scene, { maxMessageSize: 200_000 }),
  creates: [{ kind: 'directTransport' }],
});

const createAudioLevelObserver: Maker = (scene) => ({
  call: 'createAudioLevelObserver',
  // As slow as can be: when it fires depends on the clock.
  args: options(scene, {
    maxEntries: scene.random.pick([1, 10, 10, 0]),
    threshold: scene.random.pick([-70, -80, -80, 5]),
    interval: 5000,
  }),
  creates: [{ kind: 'audioLevelObserver' }],
});

const createActiveSpeakerObserver: Maker = (scene) => ({
  call: 'createActiveSpeakerObserver',
  args: options(scene, { interval: 5000 }),
  creates: [{ kind: 'activeSpeakerObserver' }],
});

const canConsume: Maker = ({ random, model }, on) => {
  const producer = model.nearby(on, ({ kind }) => kind === 'producer');
  const rtpCapabilities: Argument = random.chance(0.5)
    ? { $: 'capabilities', ref: on.ref }
    : random.pick(material.receiverCapabilities);

  return producer || random.chance(0.1)
    ? { call: 'canConsume', args: [{ producerId: id(producer), rtpCapabilities }] }
    : undefined;
};

/**
 * Anything but a router makes mediasoup itself leave a rejection that nobody handles, and where it
 * could not make the pair of transports, it takes no other one for these routers any more.
 */
function withRouter(
  { listenInfo, ...options }: Readonly<Record<string, Argument>>,
  given: Readonly<Record<string, Argument>>,
): Argument {
  const router = options['router'] as { $?: unknown } | undefined;
  const makesPair = listenInfo === given['listenInfo'] || isToken(listenInfo) || !listenInfo;

  return {
    ...options,
    ...(listenInfo !== undefined && makesPair && { listenInfo }),
    ...(router?.$ !== 'object' && { router: { $: 'undefined' } }),
  };
}

const pipeToRouter: Maker = (scene, on) => {
  const { random, model } = scene;
  // Not a closed one: mediasoup leaves the transport of the other router behind, we do not.
  const target =
    model.find((known) => known.kind === 'router' && known !== on, 0) ??
    (random.chance(0.05) ? on : undefined);

  if (!target || target.closed) {
    return undefined;
  }

  const data = random.chance(0.3);
  const wanted = data ? 'dataProducer' : 'producer';
  // A closed router may know producers that came into being after it had closed; see above.
  const source = on.closed ? undefined : model.nearby(on, ({ kind }) => kind === wanted);
  const given: Record<string, Argument> = {
    [data ? 'dataProducerId' : 'producerId']: id(source),
    router: { $: 'object', ref: target.ref },
    ...(random.chance(0.2) ? { keepId: false } : {}),
    ...(random.chance(0.2) ? { enableRtx: true, enableSrtp: true } : {}),
    ...(random.chance(0.1) ? { listenInfo: material.udp } : {}),
    ...(random.chance(0.3) ? { enableSctp: false } : {}),
  };
  if (!source && random.chance(0.9)) {
    return undefined;
  }
  scene.broken = !source;

  const media = source && { source, media: source.media, ssrcs: source.ssrcs };

  return {
    call: 'pipeToRouter',
    args: [random.chance(0.05) ? withRouter(material.spoiled(random, given), given) : given],
    creates: data
      ? [
          { kind: 'dataConsumer', part: 'pipeDataConsumer', owner: on, ...media },
          { kind: 'dataProducer', part: 'pipeDataProducer', owner: target, ...media },
        ]
      : [
          { kind: 'consumer', part: 'pipeConsumer', owner: on, pipe: true, ...media },
          { kind: 'producer', part: 'pipeProducer', owner: target, ...media },
        ],
  };
};

const connectWebRtc: Maker = (scene) => ({
  call: 'connect',
  args: options(scene, { dtlsParameters: material.dtlsParameters(scene.random) }),
});

const connectPlain: Maker = (scene, on) => ({
  call: 'connect',
  args: options(scene, {
    ip: '127.0.0.1',
    port: { $: 'port' },
    ...(on.kind === 'plainTransport' && !on.rtcpMux ? { rtcpPort: { $: 'port' } } : {}),
    ...(on.srtp ? { srtpParameters: material.srtpParameters } : {}),
  }),
});

const produce: Maker = (scene, on) => {
  const { random, model } = scene;
  const media = random.weighted<material.Media>([
    [5, 'opus'],
    [2, 'vp8'],
    [4, 'simulcast'],
    [1, 'rids'],
    [3, 'h264'],
  ]);
  const count = media === 'simulcast' || media === 'rids' ? 3 : 1;
  const first = 1000 + scene.unique() * 10;
  const ssrcs = Array.from({ length: count }, (_, index) => first + index * 2);
  const taken = random.chance(0.04)
    ? model.nearby(on, ({ kind, closed }) => kind === 'producer' && !closed)
    : undefined;

  return {
    call: 'produce',
    args: options(scene, {
      kind: media === 'opus' ? 'audio' : 'video',
      rtpParameters: material.rtpParameters(random, media, ssrcs),
      ...(random.chance(0.25) ? { paused: true } : {}),
      ...(taken ? { id: id(taken) } : {}),
      ...(random.chance(0.1) ? { keyFrameRequestDelay: 1000 } : {}),
    }),
    creates: [{ kind: 'producer', media, ssrcs }],
  };
};

const consume: Maker = (scene, on) => {
  const { random, model } = scene;
  const source = model.nearby(on, ({ kind }) => kind === 'producer');
  const router = routerOf(on);
  const pipe = random.chance(0.05);

  if (!source && random.chance(0.9)) {
    return undefined;
  }
  scene.broken = !source;

  return {
    call: 'consume',
    args: options(scene, {
      producerId: id(source),
      ...(on.kind === 'pipeTransport'
        ? {}
        : {
            rtpCapabilities:
              router && random.chance(0.8)
                ? { $: 'capabilities', ref: router.ref }
                : random.pick(material.receiverCapabilities),
          }),
      ...(random.chance(0.3) ? { paused: true } : {}),
      ...(random.chance(0.2) ? { preferredLayers: { spatialLayer: random.below(4) } } : {}),
      ...(random.chance(0.1) ? { mid: `mid${random.below(5)}` } : {}),
      ...(random.chance(0.1) ? { enableRtx: false } : {}),
      ...(pipe ? { pipe } : {}),
      ...(random.chance(0.1) ? { ignoreDtx: true } : {}),
    }),
    creates: [
      {
        kind: 'consumer',
        source,
        media: source?.media,
        ssrcs: source?.ssrcs,
        pipe: pipe || on.kind === 'pipeTransport',
      },
    ],
  };
};

const produceData: Maker = (scene, on) => {
  const { random } = scene;

  if (on.kind !== 'directTransport' && !on.sctp && random.chance(0.9)) {
    return undefined;
  }

  const streamId = random.chance(0.95) ? scene.unique() : random.pick([0, 1, 70_000]);

  return {
    call: 'produceData',
    args:
      on.kind === 'directTransport' && random.chance(0.3)
        ? []
        : options(scene, {
            ...(on.kind === 'directTransport'
              ? {}
              : {
                  sctpStreamParameters: random.pick<Argument>([
                    { streamId },
                    { streamId, ordered: true },
                    { streamId, ordered: false, maxPacketLifeTime: 5000 },
                    { streamId, maxRetransmits: 3 },
                    { streamId, ordered: false },
                    { streamId, ordered: true },
                    random.pick<Argument>([
                      { streamId, ordered: true, maxPacketLifeTime: 5000 },
                      { streamId, maxPacketLifeTime: 5000, maxRetransmits: 3 },
                    ]),
                  ]),
                }),
            label: random.pick(['', 'chat', 'ünï']),
            ...(random.chance(0.5) ? { protocol: 'bar' } : {}),
            ...(random.chance(0.2) ? { paused: true } : {}),
          }),
    creates: [{ kind: 'dataProducer' }],
  };
};

const subchannels: readonly Argument[] = [[], [0], [1, 2], [2, 2, 3], [65_536, 1], [0, 100]];

const consumeData: Maker = (scene, on) => {
  const { random, model } = scene;
  const source = model.nearby(on, ({ kind }) => kind === 'dataProducer');

  const able = on.kind === 'directTransport' || on.sctp;

  if ((!source || !able) && random.chance(0.9)) {
    return undefined;
  }
  scene.broken = !source || !able;

  return {
    call: 'consumeData',
    args: options(scene, {
      dataProducerId: id(source),
      ...(random.chance(0.3) ? { paused: true } : {}),
      ...(random.chance(0.3) ? { subchannels: random.pick(subchannels) } : {}),
      ...(random.chance(0.2) ? { ordered: random.chance(0.5) } : {}),
      ...(random.chance(0.1) ? { maxRetransmits: 2 } : {}),
    }),
    creates: [{ kind: 'dataConsumer', source }],
  };
};

/** RTP as it would come from a sender, packet after packet, sometimes with one missing. */
const sendRtp: Maker = ({ random }, on) => {
  if (random.chance(0.05)) {
    return { call: 'send', args: [random.pick(material.oddities)] };
  }

  on.sent += random.chance(0.1) ? 2 : 1;

  return {
    call: 'send',
    args: [
      {
        $: 'rtp',
        payloadType: material.payloadTypes[on.media ?? 'opus'],
        ssrc: random.pick(on.ssrcs ?? [1]),
        index: on.sent,
        keyFrame: on.media !== 'opus' && random.chance(0.5),
      },
    ],
  };
};

function message(random: Random): Argument {
  if (random.chance(0.05)) {
    return random.pick(material.oddities);
  }

  return random.chance(0.5)
    ? random.pick(['hello', '', 'ünïcödé', 'x'.repeat(1000)])
    : { $: 'buffer', bytes: Array.from({ length: random.below(5) }, () => random.below(256)) };
}

const sendMessage: Maker = ({ random }) => {
  const args: Argument[] = [message(random)];

  if (random.chance(0.4)) {
    args.push(random.pick<Argument>([{ $: 'undefined' }, 51, 53, 56, 57, 1234]));
    if (random.chance(0.8)) {
      args.push(random.pick<Argument>([[1], [1, 2], [7], [], { $: 'undefined' }]));
    }
    if (args.length === 3 && random.chance(0.4)) {
      args.push(random.pick([1, 2, 7]));
      if (random.chance(0.3)) {
        args.push(random.pick([1, 2, 7]));
      }
    }
  }

  return { call: 'send', args };
};

const sendToEndpoint: Maker = ({ random }) => ({ call: 'send', args: [message(random)] });

/** A receiver report about nothing. */
const sendRtcp = oneOf('sendRtcp', [
  { $: 'buffer', bytes: [0x80, 201, 0, 1, 0, 0, 0, 5] },
  { $: 'buffer', bytes: [] },
  { $: 'buffer', bytes: [1, 2, 3] },
]);

const aProducer =
  (call: string): Maker =>
  ({ random, model }, on) => {
    const producer = model.nearby(
      on,
      ({ kind, media }) => kind === 'producer' && (media === 'opus' || random.chance(0.1)),
    );

    return producer || random.chance(0.1)
      ? { call, args: [{ producerId: id(producer) }] }
      : undefined;
  };

/** The worker never answers that of an audio pipe consumer. */
const requestKeyFrame: Maker = (_scene, on) =>
  on.pipe && on.media === 'opus' ? undefined : { call: 'requestKeyFrame', args: [] };

const bitrates = [0, 100_000, 500_000, 1_000_000, 3_000_000];

const ofTransports: readonly (readonly [number, Maker])[] = [
  [1, plainCall('dump')],
  [1, plainCall('getStats')],
  [2, oneOf('setMaxIncomingBitrate', bitrates)],
  [2, oneOf('setMaxOutgoingBitrate', bitrates)],
  [2, oneOf('setMinOutgoingBitrate', bitrates)],
  [8, produce],
  [9, consume],
  [5, produceData],
  [6, consumeData],
  [1, oneOf('enableTraceEvent', [['probation'], ['bwe', 'probation'], [], ['chicken'], [123]])],
  [2, close],
];

const traces: readonly Argument[] = [
  ['rtp'],
  ['rtp', 'pli'],
  ['keyframe', 'nack', 'pli', 'fir'],
  [],
  { $: 'undefined' },
  ['chicken'],
  [5],
  { $: 'date' },
];

const ofRtpObservers: readonly (readonly [number, Maker])[] = [
  [2, plainCall('pause')],
  [2, plainCall('resume')],
  [4, aProducer('addProducer')],
  [3, aProducer('removeProducer')],
  [1, close],
];

/** What a sequence may be about: it begins with these, and comes back to them more often. */
export interface Theme {
  kinds: readonly EntityKind[];
  beginning: readonly (readonly [kinds: readonly EntityKind[], maker: Maker])[];
}

const onDirect: readonly EntityKind[] = ['directTransport'];
const onAny: readonly EntityKind[] = [
  'webRtcTransport',
  'plainTransport',
  'pipeTransport',
  'directTransport',
];
const onRouter: readonly EntityKind[] = ['router'];

export const themes: readonly (readonly [number, Theme])[] = [
  [
    4,
    {
      kinds: [],
      beginning: [
        [onRouter, createPlainTransport],
        [onRouter, createWebRtcTransport],
        [onAny, produce],
        [onAny, consume],
        [onAny, produceData],
        [onAny, consumeData],
      ],
    },
  ],
  [
    3,
    {
      kinds: ['dataProducer', 'dataConsumer'],
      beginning: [
        [onRouter, createDirectTransport],
        [onDirect, produceData],
        [onDirect, consumeData],
        [onRouter, createDirectTransport],
        [onDirect, consumeData],
        [onAny, consumeData],
      ],
    },
  ],
  [
    3,
    {
      kinds: ['producer', 'consumer'],
      beginning: [
        [onRouter, createDirectTransport],
        [onDirect, produce],
        [onDirect, consume],
        [onDirect, produce],
        [onDirect, consume],
        [onRouter, createWebRtcTransport],
        [onAny, consume],
      ],
    },
  ],
  [
    2,
    {
      kinds: ['audioLevelObserver', 'activeSpeakerObserver', 'producer'],
      beginning: [
        [onRouter, createWebRtcTransport],
        [onAny, produce],
        [onAny, produce],
        [onRouter, createAudioLevelObserver],
        [onRouter, createActiveSpeakerObserver],
      ],
    },
  ],
  [
    3,
    {
      kinds: ['router', 'producer'],
      beginning: [
        [onRouter, createDirectTransport],
        [onRouter, createPlainTransport],
        [onAny, produce],
        [onAny, produce],
        [onDirect, produceData],
        [onRouter, pipeToRouter],
        [onAny, consume],
      ],
    },
  ],
  [
    2,
    {
      kinds: ['webRtcServer', 'webRtcTransport'],
      beginning: [
        [['worker'], createWebRtcServer],
        [onRouter, createWebRtcTransport],
        [onRouter, createWebRtcTransport],
        [onAny, produce],
        [onAny, consume],
      ],
    },
  ],
];

/** What can be done with each kind of object, and how often it is. */
export const actions: Readonly<Record<EntityKind, readonly (readonly [number, Maker])[]>> = {
  worker: [
    [6, createRouter],
    [4, createWebRtcServer],
    [1, plainCall('dump')],
    [1, plainCall('getResourceUsage')],
    [
      1,
      oneOf('updateSettings', [
        {},
        { $: 'undefined' },
        { logLevel: 'none' },
        { logLevel: 'chicken' },
        { logTags: ['ice', 'chicken'] },
      ]),
    ],
  ],
  webRtcServer: [
    [2, plainCall('dump')],
    [1, close],
  ],
  router: [
    [1, plainCall('dump')],
    [4, createWebRtcTransport],
    [3, createPlainTransport],
    [2, createPipeTransport],
    [5, createDirectTransport],
    [2, createAudioLevelObserver],
    [1, createActiveSpeakerObserver],
    [4, canConsume],
    [6, pipeToRouter],
    [2, ({ random }) => ({ call: 'updateMediaCodecs', args: [material.mediaCodecs(random)] })],
    [1, close],
  ],
  webRtcTransport: [...ofTransports, [4, connectWebRtc], [2, plainCall('restartIce')]],
  plainTransport: [...ofTransports, [4, connectPlain]],
  pipeTransport: [...ofTransports, [4, connectPlain]],
  directTransport: [...ofTransports, [1, plainCall('connect')], [1, sendRtcp]],
  producer: [
    [1, plainCall('dump')],
    [1, plainCall('getStats')],
    [5, plainCall('pause')],
    [5, plainCall('resume')],
    [2, oneOf('enableTraceEvent', traces)],
    [6, sendRtp],
    [2, close],
  ],
  consumer: [
    [1, plainCall('dump')],
    [1, plainCall('getStats')],
    [4, plainCall('pause')],
    [4, plainCall('resume')],
    [
      4,
      oneOf('setPreferredLayers', [
        { spatialLayer: 0 },
        { spatialLayer: 1, temporalLayer: 1 },
        { spatialLayer: 2, temporalLayer: 9 },
        { spatialLayer: 66, temporalLayer: 66 },
        { temporalLayer: 1 },
        { spatialLayer: '1' },
      ]),
    ],
    [3, oneOf('setPriority', [1, 2, 255, 0, 3])],
    [1, plainCall('unsetPriority')],
    [2, requestKeyFrame],
    [2, oneOf('enableTraceEvent', traces)],
    [2, close],
  ],
  dataProducer: [
    [1, plainCall('dump')],
    [1, plainCall('getStats')],
    [3, plainCall('pause')],
    [3, plainCall('resume')],
    [8, sendMessage],
    [2, close],
  ],
  dataConsumer: [
    [1, plainCall('dump')],
    [1, plainCall('getStats')],
    [3, plainCall('pause')],
    [3, plainCall('resume')],
    [2, oneOf('setBufferedAmountLowThreshold', [0, 1024])],
    [2, plainCall('getBufferedAmount')],
    [2, sendToEndpoint],
    [3, oneOf('setSubchannels', subchannels)],
    [2, oneOf('addSubchannel', [1, 2, 7, 65_536])],
    [2, oneOf('removeSubchannel', [1, 2, 7])],
    [2, close],
  ],
  audioLevelObserver: ofRtpObservers,
  activeSpeakerObserver: ofRtpObservers,
};
