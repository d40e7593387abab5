// The calls under test, written against mediasoup's own API: one text for every arm.
import { rows } from '@tureen/protocol';
import { browserSimulcast, loopback, mediaCodecs, plainVideo } from './payloads.mjs';

/** Some of everything, for calls to be made on. */
export async function createWorld(mediasoup) {
  const worker = await mediasoup.createWorker({ logLevel: 'none' });
  // Results without it would mean nothing.
  worker.on('died', (error) => {
    throw error;
  });
  const router = await worker.createRouter({ mediaCodecs });
  const [plain, sink, webRtc, webRtcSink] = await Promise.all([
    router.createPlainTransport({ listenInfo: loopback, comedia: true }),
    router.createPlainTransport({ listenInfo: loopback }),
    router.createWebRtcTransport({ listenInfos: [loopback] }),
    router.createWebRtcTransport({ listenInfos: [loopback] }),
  ]);
  const producer = await plain.produce(plainVideo(1000));
  // One object for all consumers of an endpoint, as applications have it.
  const { rtpCapabilities } = router;
  const consumer = await sink.consume({ producerId: producer.id, rtpCapabilities });
  let count = 1000;
  return {
    worker,
    router,
    plain,
    sink,
    webRtc,
    webRtcSink,
    producer,
    consumer,
    rtpCapabilities,
    next: () => (count += 1),
  };
}

/**
 * The operations: `run` makes the call, `request` gives what it says as plain data. Those with
 * `creates` give an object of that kind, which is to be closed.
 */
export const operations = [
  {
    name: 'worker.getResourceUsage',
    group: 'simple',
    run: ({ worker }) => worker.getResourceUsage(),
    request: () => [1, 'getResourceUsage', []],
  },
  {
    name: 'transport.dump',
    group: 'simple',
    run: ({ plain }) => plain.dump(),
    request: () => [3, 'dump', []],
  },
  {
    name: 'consumer.getStats',
    group: 'simple',
    run: ({ consumer }) => consumer.getStats(),
    request: () => [8, 'getStats', []],
  },
  {
    name: 'consumer.pause/resume',
    group: 'simple',
    // In turn, whatever the state: every arm makes the same calls.
    run: ({ consumer, next }) => (next() % 2 === 0 ? consumer.resume() : consumer.pause()),
    request: () => [8, 'pause', []],
  },
  {
    name: 'createPlainTransport',
    group: 'transports',
    creates: 'plainTransport',
    run: ({ router }) => router.createPlainTransport({ listenInfo: loopback }),
    request: () => [2, 'createPlainTransport', [{ listenInfo: loopback }], 9],
  },
  {
    name: 'createWebRtcTransport',
    group: 'transports',
    creates: 'webRtcTransport',
    run: ({ router }) => router.createWebRtcTransport({ listenInfos: [loopback] }),
    request: () => [2, 'createWebRtcTransport', [{ listenInfos: [loopback] }], 9],
  },
  {
    name: 'produce (plain VP8)',
    group: 'produce',
    creates: 'producer',
    run: ({ plain, next }) => plain.produce(plainVideo(next())),
    request: () => [3, 'produce', [plainVideo(1)], 9],
  },
  {
    name: 'produce (simulcast)',
    group: 'produce',
    creates: 'producer',
    run: ({ webRtc, next }) => webRtc.produce(browserSimulcast(next())),
    request: () => [5, 'produce', [browserSimulcast(1)], 9],
  },
  {
    name: 'consume',
    group: 'consume',
    creates: 'consumer',
    run: ({ webRtcSink, producer, rtpCapabilities }) =>
      webRtcSink.consume({ producerId: producer.id, rtpCapabilities }),
    request: ({ producer, rtpCapabilities }) => [
      6,
      'consume',
      [{ producerId: producer.id, rtpCapabilities }],
      9,
    ],
  },
];

/** What a call answers, as plain data: of an object, all its fields. */
export function plainAnswer({ creates }, result) {
  return creates ? fieldsOf(creates, result) : (result ?? null);
}

/** All that a client has to know of an object of that kind. */
export function fieldsOf(kind, object) {
  const fields = Object.keys(rows[kind].fields).map((field) => [field, object[field]]);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}
