import type { types } from 'mediasoup';
import { EventLog, nextEvent, until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs, receiverCapabilities } from '../support/media.js';
import type { Mediasoup } from '../support/targets.js';

/*
 * A short life of an application in which everything that travels travels, and in which whatever
 * is lost, done twice or out of order shows in what is written down.
 */

/** Lives it and gives what was seen: each event with its object's state, each answer. */
export async function scenario(mediasoup: Mediasoup): Promise<string[]> {
  const log = new EventLog();
  const worker = await mediasoup.createWorker({ logLevel: 'none' });

  log.watch('worker', 'worker', worker);

  const router = await worker.createRouter({ mediaCodecs });

  log.watch('router', 'router', router);
  await messages(router, log);
  await media(router, log);
  await siblings(router, log);

  const gone = nextEvent(worker, 'subprocessclose');

  worker.close();
  await gone;

  return log.lines;
}

/** Numbered messages there and back: from the application's word to the application's ear. */
async function messages(router: types.Router, log: EventLog): Promise<void> {
  const transport = await router.createDirectTransport();
  const dataProducer = await transport.produceData({ label: 'numbers' });
  const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
  let heard = 0;

  dataConsumer.on('message', (message) => {
    heard += 1;
    log.note(`message ${message.toString()}`);
  });
  for (let number = 1; number <= 4; number += 1) {
    dataProducer.send(`number ${number}`);
    await until(`message ${number}`, () => heard === number);
  }

  const [stats] = await dataProducer.getStats();

  log.note(`${stats?.messagesReceived} messages sent`);
  // The end of one is news from the server to the other.
  log.watch('dataConsumer', 'dataConsumer', dataConsumer);
  dataProducer.close();
  await until('the end of the consumer', () => dataConsumer.closed);
  transport.close();
}

async function media(router: types.Router, log: EventLog): Promise<void> {
  const transport = await router.createDirectTransport();
  const producer = await transport.produce(audioProducer(1111));
  const consumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities: receiverCapabilities,
  });
  const observer = await router.createAudioLevelObserver();

  log.watch('producer', 'producer', producer, () => `paused ${producer.paused}`);
  log.watch('consumer', 'consumer', consumer, () => `producer paused ${consumer.producerPaused}`);
  log.watch('audioLevelObserver', 'audioLevelObserver', observer);
  await producer.pause();
  await consumer.setPriority(7);
  // Each addition is an event, even of what is there already.
  await observer.addProducer({ producerId: producer.id });
  await observer.removeProducer({ producerId: producer.id });
  await producer.resume();
  log.note(`priority ${consumer.priority}`);
  producer.close();
  await until('the end of the consumer', () => consumer.closed);
  transport.close();
}

/** Many calls at once, some of which fail, and a count of what they made. */
async function siblings(router: types.Router, log: EventLog): Promise<void> {
  const created = await Promise.all([
    router.createPlainTransport({ listenInfo: loopback }),
    router.createDirectTransport(),
    router.createPipeTransport({ listenInfo: loopback }),
  ]);
  const failed = await Promise.allSettled([
    router.createWebRtcTransport({} as never),
    created[0].connect({}),
  ]);

  for (const result of failed) {
    log.note(result.status === 'rejected' ? String(result.reason) : 'no failure');
  }

  const { transportIds } = await router.dump();

  log.note(`${transportIds.length} transports`);
  log.note(`the right ones ${created.every(({ id }) => transportIds.includes(id))}`);
}
