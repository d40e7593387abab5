import type { types } from 'mediasoup';
import { audioProducer, loopback, mediaCodecs } from '../../support/media.js';
import { consume } from '../../support/plain.js';
import type { EntityKind } from './watching.js';

/** An object of every kind, on a worker of its own. */
export async function oneOfEach(worker: types.Worker): Promise<Record<EntityKind, object>> {
  const router = await worker.createRouter({ mediaCodecs });
  const directTransport = await router.createDirectTransport();
  const producer = await directTransport.produce(audioProducer(1));
  const dataProducer = await directTransport.produceData();

  return {
    worker,
    webRtcServer: await worker.createWebRtcServer({ listenInfos: [loopback] }),
    router,
    webRtcTransport: await router.createWebRtcTransport({ listenInfos: [loopback] }),
    plainTransport: await router.createPlainTransport({ listenInfo: loopback }),
    pipeTransport: await router.createPipeTransport({ listenInfo: loopback }),
    directTransport,
    activeSpeakerObserver: await router.createActiveSpeakerObserver(),
    audioLevelObserver: await router.createAudioLevelObserver(),
    producer,
    consumer: await consume(directTransport, producer),
    dataProducer,
    dataConsumer: await directTransport.consumeData({ dataProducerId: dataProducer.id }),
  };
}
