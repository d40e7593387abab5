import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { RemoteMediasoupClient } from '@tureen/remote-client';
import type { types } from 'mediasoup';
import { nextEvent } from '../support/events.js';
import {
  audioProducer,
  loopback,
  mediaCodecs,
  receiverCapabilities,
  videoProducer,
} from '../support/media.js';
import type { Mediasoup } from '../support/targets.js';
import { below, type Random } from '../protocol/random.js';

/** What the actors of a load have done and what they have found wrong. */
export interface Journal {
  calls: number;
  events: number;
  messages: number;
  /** Each says what should not have been. */
  faults: string[];
}

export interface Stage {
  client: RemoteMediasoupClient;
  mediasoup: Mediasoup;
  worker: types.Worker;
  random: Random;
  journal: Journal;
  /** Whether the show is over; what has been begun is finished. */
  over(): boolean;
}

/** One part of the load. Resolves when the show is over and all that it began has ended. */
type Actor = (stage: Stage) => Promise<void>;

/** Says that something is wrong, unless it is as it must be. */
function check(stage: Stage, what: string, actual: unknown, wanted: unknown): void {
  if (actual !== wanted) {
    stage.journal.faults.push(`${what}: ${String(actual)} instead of ${String(wanted)}`);
  }
}

/** Counts what an object tells, which must be the wanted events over and over again. */
function expectCycle(
  stage: Stage,
  name: string,
  emitter: { on(event: string, listener: () => void): unknown },
  cycle: readonly string[],
): { readonly count: number } {
  const told = { count: 0 };

  for (const event of new Set(cycle)) {
    emitter.on(event, () => {
      stage.journal.events += 1;
      check(stage, `event ${told.count} of ${name}`, event, cycle[told.count % cycle.length]);
      told.count += 1;
    });
  }

  return told;
}

/** Numbered messages to the worker and back: each must come once, in order. */
const numbers: Actor = async (stage) => {
  const { worker, random, journal } = stage;
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createDirectTransport();
  const dataProducer = await transport.produceData();
  const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
  let sent = 0;
  let received = 0;
  let arrived = () => {};

  dataConsumer.on('message', (message) => {
    check(stage, 'number of a message', message.readUInt32BE(), received);
    received += 1;
    journal.messages += 1;
    arrived();
  });
  while (!stage.over()) {
    for (let burst = 1 + below(random, 4); burst > 0; burst -= 1) {
      const message = Buffer.alloc(4 + below(random, 500));

      message.writeUInt32BE(sent);
      dataProducer.send(message);
      sent += 1;
    }
    await pause(below(random, 8));
  }
  // Nothing is lost, so this ends.
  while (received < sent) {
    await new Promise<void>((resolve) => (arrived = resolve));
  }

  const [stats] = await dataProducer.getStats();

  check(stage, 'messages that the worker got', stats?.messagesReceived, sent);
  router.close();
};

/** Calls whose answers the server numbers: each must run once, in order. */
const counted: Actor = async (stage) => {
  const { client, random, journal } = stage;
  let calls = 0;

  while (!stage.over()) {
    const burst = Array.from({ length: 1 + below(random, 4) }, () => client.getStats());

    for (const answer of burst) {
      calls += 1;
      journal.calls += 1;
      check(stage, 'the server’s count of a call', Number(await answer), calls);
    }
    await pause(below(random, 4));
  }
};

/** A producer that pauses and resumes, each of which its consumer must hear of. */
const pauses: Actor = async (stage) => {
  const { worker, random, journal } = stage;
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createDirectTransport();
  const producer = await transport.produce(audioProducer(1111));
  const consumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities: receiverCapabilities,
  });
  const ofProducer = expectCycle(stage, 'producer', producer.observer, ['pause', 'resume']);
  const ofConsumer = expectCycle(stage, 'consumer', consumer, ['producerpause', 'producerresume']);
  let rounds = 0;

  while (!stage.over()) {
    const heardPause = nextEvent(consumer, 'producerpause');

    await producer.pause();
    check(stage, 'paused', producer.paused, true);
    await heardPause;

    const heardResume = nextEvent(consumer, 'producerresume');

    await producer.resume();
    check(stage, 'paused', producer.paused, false);
    await heardResume;
    rounds += 1;
    journal.calls += 2;
    check(stage, 'events of the producer', ofProducer.count, rounds * 2);
    check(stage, 'events of the consumer', ofConsumer.count, rounds * 2);
    await pause(below(random, 4));
  }
  router.close();
};

/** Additions that would each be an event, were they done twice. */
const additions: Actor = async (stage) => {
  const { worker, random, journal } = stage;
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createDirectTransport();
  const { id: producerId } = await transport.produce(audioProducer(1111));
  const observer = await router.createAudioLevelObserver();
  const cycle = ['addproducer', 'removeproducer'];
  const told = expectCycle(stage, 'audio level observer', observer.observer, cycle);
  let calls = 0;

  while (!stage.over()) {
    await Promise.all([
      observer.addProducer({ producerId }),
      observer.removeProducer({ producerId }),
    ]);
    calls += 2;
    journal.calls += 2;
    check(stage, 'events of the audio level observer', told.count, calls);
    await pause(below(random, 4));
  }
  router.close();
};

/** Transports that come and go: the worker must have exactly those that are here. */
const transports: Actor = async (stage) => {
  const { worker, random, journal } = stage;
  const router = await worker.createRouter({ mediaCodecs });
  const open = new Set<types.Transport>();

  while (!stage.over()) {
    const wanted = 1 + below(random, 3);

    for (const transport of await Promise.all(
      Array.from({ length: wanted }, () => router.createPlainTransport({ listenInfo: loopback })),
    )) {
      open.add(transport);
    }
    for (const transport of open) {
      if (random() < 0.5) {
        transport.close();
        open.delete(transport);
      }
    }

    const { transportIds } = await router.dump();

    journal.calls += wanted + 1;
    check(
      stage,
      'transports',
      transportIds.sort().join(),
      [...open]
        .map(({ id }) => id)
        .sort()
        .join(),
    );
    await pause(below(random, 6));
  }
  router.close();
};

/** Things that happen to objects without any call: a packet comes, a producer goes. */
const news: Actor = async (stage) => {
  const { worker, random, journal } = stage;
  const router = await worker.createRouter({ mediaCodecs });
  const socket = createSocket('udp4').bind(0, '127.0.0.1');

  await once(socket, 'listening');
  while (!stage.over()) {
    const transport = await router.createPlainTransport({ listenInfo: loopback, comedia: true });
    const producer = await transport.produce(videoProducer(2222));
    const consumer = await transport.consume({
      producerId: producer.id,
      rtpCapabilities: receiverCapabilities,
    });
    const tuples = expectCycle(stage, 'plain transport', transport, ['tuple']);
    const ends = expectCycle(stage, 'consumer', consumer, ['producerclose']);
    const learnt = nextEvent(transport, 'tuple');
    const ended = nextEvent(consumer, 'producerclose');

    socket.send(
      Buffer.from([0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 8, 0xae]),
      transport.tuple.localPort,
    );
    await learnt;
    check(stage, 'remote port', transport.tuple.remotePort, socket.address().port);
    producer.close();
    await ended;
    check(stage, 'the consumer’s end', consumer.closed, true);
    transport.close();
    journal.calls += 3;
    check(stage, 'tuples', tuples.count, 1);
    check(stage, 'ends', ends.count, 1);
    await pause(below(random, 4));
  }
  socket.close();
  router.close();
};

/** Workers that come and go, with their processes. */
const workers: Actor = async (stage) => {
  const { mediasoup, random, journal } = stage;

  while (!stage.over()) {
    const worker = await mediasoup.createWorker({ logLevel: 'none' });
    const gone = expectCycle(stage, 'worker', worker, ['subprocessclose']);
    const ended = nextEvent(worker, 'subprocessclose');
    const { pid } = await worker.dump();

    check(stage, 'process', pid, worker.pid);
    worker.close();
    await ended;
    journal.calls += 2;
    check(stage, 'ends of a worker process', gone.count, 1);
    await pause(200 + below(random, 400));
  }
};

/** Every part of the load; `counted` only for a server that numbers its answers. */
export function actors(serverCounts: boolean): Actor[] {
  const all = [numbers, pauses, additions, transports, news, workers];

  return serverCounts ? [...all, counted] : all;
}
