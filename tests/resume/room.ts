import * as local from 'mediasoup';
import type { types } from 'mediasoup';
import { EventLog, nextEvent, type EntityKind } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs, receiverCapabilities } from '../support/media.js';
import type { Mediasoup } from '../support/targets.js';

/** One of everything that mediasoup has, and what each has said. */
export interface Room {
  worker: types.Worker;
  router: types.Router;
  producer: types.Producer;
  dataProducer: types.DataProducer;
  dataConsumer: types.DataConsumer;
  log: EventLog;
}

/** Builds a room on a worker of its own, and writes down what happens to any object of it. */
export async function buildRoom(mediasoup: Mediasoup): Promise<Room> {
  const log = new EventLog();
  const worker = await mediasoup.createWorker({ logLevel: 'none' });
  const webRtcServer = await worker.createWebRtcServer({ listenInfos: [loopback] });
  const router = await worker.createRouter({ mediaCodecs });
  const direct = await router.createDirectTransport();
  const plain = await router.createPlainTransport({ listenInfo: loopback });
  const webRtc = await router.createWebRtcTransport({ webRtcServer });
  const producer = await direct.produce(audioProducer(1111));
  const consumer = await plain.consume({
    producerId: producer.id,
    rtpCapabilities: receiverCapabilities,
  });
  const dataProducer = await direct.produceData();
  const dataConsumer = await direct.consumeData({ dataProducerId: dataProducer.id });
  const audioLevels = await router.createAudioLevelObserver();
  const speakers = await router.createActiveSpeakerObserver();
  const objects: [name: string, kind: EntityKind, object: { closed: boolean }][] = [
    ['worker', 'worker', worker],
    ['webRtcServer', 'webRtcServer', webRtcServer],
    ['router', 'router', router],
    ['direct', 'directTransport', direct],
    ['plain', 'plainTransport', plain],
    ['webRtc', 'webRtcTransport', webRtc],
    ['producer', 'producer', producer],
    ['consumer', 'consumer', consumer],
    ['dataProducer', 'dataProducer', dataProducer],
    ['dataConsumer', 'dataConsumer', dataConsumer],
    ['audioLevels', 'audioLevelObserver', audioLevels],
    ['speakers', 'activeSpeakerObserver', speakers],
  ];

  for (const [name, kind, object] of objects) {
    log.watch(name, kind, object);
  }

  return { worker, router, producer, dataProducer, dataConsumer, log };
}

/** What mediasoup itself says when a worker process is gone: right by definition. */
export async function deathOfAWorker(): Promise<string[]> {
  const { worker, log } = await buildRoom(local);
  const gone = nextEvent(worker.observer, 'close');

  process.kill(worker.pid, 'SIGKILL');
  await gone;

  return log.lines;
}
