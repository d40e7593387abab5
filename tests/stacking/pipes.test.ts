import { MediasoupHorizontal } from '@tureen/horizontal';
import { hostOf, type PipeAddress } from '@tureen/manager';
import { getStatsFactory, MediasoupVertical } from '@tureen/vertical';
import * as localMediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { quick, usable as allUsable } from '../horizontal/support/hosts.js';
import { EventLog, recordEvents, until, type EntityKind } from '../support/events.js';
import { audioProducer, mediaCodecs } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream } from '../support/rtp.js';
import { closeWorker, noWorkersLeft } from '../support/useTarget.js';
import { hostedMediasoup } from '../vertical/support/hostedMediasoup.js';
import { startAbove, usable } from './support/levels.js';

/*
 * The application pipes between routers of two workers, each of which is several real ones on two
 * hosts: what it sees is what mediasoup shows of two workers.
 */

type CreateWorker = () => Promise<types.Worker>;

const pipeAddresses = ['127.0.1.1', '127.0.1.2'];

/** Two hosts, each reached by the other at an address of its own, and a daemon that makes one of them. */
async function verticalCluster(): Promise<CreateWorker> {
  const hosts = await Promise.all(
    pipeAddresses.map((address, index) =>
      ObservedDaemon.start(['--host-id', `host-${index}`, '--pipe-address', address]),
    ),
  );
  const cluster = await startAbove(
    hosts.map(({ url }) => url),
    [
      ...['--vertical', '--vertical-workers', '4', '--placement', 'scatter'],
      ...['--watermark-node', '100', '--host-placement', 'roundRobin'],
    ],
  );
  const app = await ObservedClient.connect(cluster.url);

  await usable(app, 2);

  return () => app.mediasoup.createWorker();
}

interface Scene {
  /** Of two workers. */
  routers: [types.Router, types.Router];
  /** Of pipes, in each of them. */
  pipes: [types.PipeTransport[], types.PipeTransport[]];
}

async function sceneOf(createWorker: CreateWorker): Promise<Scene> {
  const routers: types.Router[] = [];
  const pipes = [];

  for (let count = 0; count < 2; count += 1) {
    const worker = await createWorker();
    const router = await worker.createRouter({ mediaCodecs });
    const own: types.PipeTransport[] = [];

    onTestFinished(() => closeWorker(worker));
    router.observer.on('newtransport', (transport) => {
      if (transport.type === 'pipe') own.push(transport as types.PipeTransport);
    });
    routers.push(router);
    pipes.push(own);
  }

  return { routers, pipes } as unknown as Scene;
}

/** What an object tells, in its own order: between two objects there is none that can be counted on. */
function heardBy(kind: EntityKind, object: unknown): string[] {
  const log = new EventLog();

  log.watch(kind, kind, object);

  return log.lines;
}

const lasting = (lines: readonly string[]): string[] =>
  lines.filter((line) => !/ (score|trace|message|rtp|bufferedamountlow|sctp\w+) /.test(line));

/** The life of a piped stream, with everything that can be told of it. */
async function pipeMedia(source: types.Router, target: types.Router) {
  const told: unknown[] = [];
  const sender = await plainSender(source);
  const receiver = await plainReceiver(target);
  const stream = new AudioStream(1111, sender.send);
  const producer = await sender.transport.produce({ ...audioProducer(1111), paused: true });
  const { pipeConsumer, pipeProducer } = await source.pipeToRouter({
    producerId: producer.id,
    router: target,
  });
  const consumer = await consume(receiver.transport, pipeProducer!);
  const heard = {
    pipeConsumer: heardBy('consumer', pipeConsumer),
    pipeProducer: heardBy('producer', pipeProducer),
    consumer: heardBy('consumer', consumer),
  };
  const states = () => ({
    pipeConsumer: [pipeConsumer!.closed, pipeConsumer!.paused, pipeConsumer!.producerPaused],
    pipeProducer: [pipeProducer!.closed, pipeProducer!.paused],
    consumer: [consumer.closed, consumer.paused, consumer.producerPaused],
  });
  const settled = async (what: string, condition: () => boolean) => {
    await until(what, condition);
    told.push(what, states());
  };

  told.push(
    ['ids', pipeProducer!.id === producer.id, pipeConsumer!.producerId === producer.id],
    ['consumed', consumer.producerId === producer.id, pipeConsumer!.type],
    states(),
  );
  await producer.resume();
  await settled('resumed', () => !pipeProducer!.paused && !consumer.producerPaused);
  stream.start();
  await until('media on the other side', () => receiver.peer.rtp.length > 10);
  await producer.pause();
  await settled('paused', () => pipeProducer!.paused && consumer.producerPaused);
  // The one that the application has in its hands can be paused by it, too.
  await producer.resume();
  await settled('resumed again', () => !pipeProducer!.paused && !consumer.producerPaused);
  await pipeConsumer!.pause();
  await settled('paused in between', () => pipeProducer!.paused && consumer.producerPaused);
  await pipeConsumer!.resume();
  await settled('resumed in between', () => !pipeProducer!.paused && !consumer.producerPaused);

  const before = receiver.peer.rtp.length;

  await until('media again', () => receiver.peer.rtp.length > before + 10);
  // From the far end: the original goes on, and can be piped again.
  pipeProducer!.close();
  await settled('closed there', () => pipeConsumer!.closed && consumer.closed);
  told.push(['goes on', !producer.closed]);

  const again = await source.pipeToRouter({ producerId: producer.id, router: target });
  const listener = await consume(receiver.transport, again.pipeProducer!);
  const end = {
    pipeConsumer: heardBy('consumer', again.pipeConsumer),
    pipeProducer: heardBy('producer', again.pipeProducer),
    consumer: heardBy('consumer', listener),
  };
  const now = receiver.peer.rtp.length;

  await until('media of the second pipe', () => receiver.peer.rtp.length > now + 10);
  stream.stop();
  producer.close();
  await until('all of it to close', () => listener.closed && again.pipeProducer!.closed);

  for (const lines of [heard, end]) {
    told.push(Object.entries(lines).map(([name, each]) => [name, lasting(each)]));
  }
  sender.transport.close();
  receiver.transport.close();

  return told;
}

/** The same of messages. */
async function pipeMessages(source: types.Router, target: types.Router) {
  const told: unknown[] = [];
  const here = await source.createDirectTransport();
  const there = await target.createDirectTransport();
  const producer = await here.produceData({ label: 'chat', protocol: 'plain' });
  const { pipeDataConsumer, pipeDataProducer } = await source.pipeToRouter({
    dataProducerId: producer.id,
    router: target,
  });
  const consumer = await there.consumeData({ dataProducerId: pipeDataProducer!.id });
  const messages = recordEvents<types.DataConsumerEvents, 'message'>(consumer, 'message');
  const received = () => messages.map(([message]) => String(message));
  const heard = {
    pipeDataConsumer: heardBy('dataConsumer', pipeDataConsumer),
    pipeDataProducer: heardBy('dataProducer', pipeDataProducer),
    consumer: heardBy('dataConsumer', consumer),
  };
  const states = () => ({
    pipeDataConsumer: [
      ...[pipeDataConsumer!.closed, pipeDataConsumer!.paused],
      pipeDataConsumer!.dataProducerPaused,
    ],
    pipeDataProducer: [pipeDataProducer!.closed, pipeDataProducer!.paused],
    consumer: [consumer.closed, consumer.paused, consumer.dataProducerPaused],
  });

  told.push(
    ['ids', pipeDataProducer!.id === producer.id, pipeDataConsumer!.label, consumer.protocol],
    states(),
  );
  producer.send('one');
  await until('a message', () => messages.length === 1);
  await producer.pause();
  await until('the pause', () => pipeDataConsumer!.dataProducerPaused);
  told.push(states());
  producer.send('lost');
  await producer.resume();
  await until('the end of the pause', () => !pipeDataConsumer!.dataProducerPaused);
  producer.send('two');
  await until('another', () => received().includes('two'));
  told.push(received(), states());
  producer.close();
  await until('all of it to close', () => consumer.closed && pipeDataProducer!.closed);
  told.push(
    states(),
    Object.entries(heard).map(([name, lines]) => [name, lasting(lines)]),
  );
  here.close();
  there.close();

  return told;
}

/** Everything, in both directions, and what is left of it. */
async function storyOf({ routers, pipes }: Scene) {
  const [one, two] = routers;
  const told = {
    media: [await pipeMedia(one, two), await pipeMedia(two, one)],
    messages: [await pipeMessages(one, two), await pipeMessages(two, one)],
    pairs: pipes.map(({ length }) => length),
    // As the workers have it.
    left: [await contentsOf(one), await contentsOf(two)],
  };
  const heard = pipes.map(([pipe]) => heardBy('pipeTransport', pipe));

  two.close();
  await until('the pair to close', () => pipes.every(([pipe]) => pipe!.closed));

  return { ...told, closed: heard.map(lasting) };
}

async function contentsOf(router: types.Router) {
  const dump = await router.dump();

  return [
    dump.transportIds.length,
    dump.mapProducerIdConsumerIds,
    dump.mapConsumerIdProducerId,
    dump.mapDataProducerIdDataConsumerIds,
    dump.mapDataConsumerIdDataProducerId,
  ];
}

/** What two verticals give, as one mediasoup of two hosts. */
async function horizontalOver(
  verticals: readonly [MediasoupVertical, MediasoupVertical],
  pipeAddress?: PipeAddress,
): Promise<CreateWorker> {
  const horizontal = new MediasoupHorizontal(verticals, {
    ...quick,
    placement: 'roundRobin',
    hostOf: (manager) => ({
      id: `host-${verticals.findIndex((vertical) => vertical === manager)}`,
      pipeAddress,
    }),
  });

  for (const manager of [...verticals, horizontal]) {
    onTestFinished(() => manager.close());
  }
  await allUsable(horizontal, verticals.length);

  return () => (horizontal.mediasoup as types.Index).createWorker();
}

const scattered = { maxWorkers: 2, placement: 'scatter', watermarkNode: 100 } as const;

/** Each over a client of its own. */
async function verticalOverClient(): Promise<MediasoupVertical> {
  const { client } = await ObservedClient.connect((await ObservedDaemon.start()).url);

  return new MediasoupVertical(client, scattered);
}

/** Each over workers on two hosts. */
function verticalOverHosts(...names: string[]): MediasoupVertical {
  const mediasoup = hostedMediasoup(names);
  const { getStats, close } = getStatsFactory(mediasoup);

  onTestFinished(close);

  return new MediasoupVertical({ mediasoup, getStats }, scattered);
}

test('pipeToRouter() between two verticals of a horizontal brings the stream to its pipe', async () => {
  const verticals = [await verticalOverClient(), await verticalOverClient()] as const;
  const { routers } = await sceneOf(await horizontalOver(verticals, { ip: '127.0.0.1' }));
  const [source, target] = routers;

  // All real routers are there: nothing has to be waited for before the pipe can be asked for.
  for (const router of routers) {
    await router.createDirectTransport();
    await router.createDirectTransport();
  }

  const sender = await plainSender(source);
  const receiver = await plainReceiver(target);
  // The pipe is on the other worker than this.
  const producer = await sender.transport.produce(audioProducer(1111));
  const { pipeProducer } = await source.pipeToRouter({ producerId: producer.id, router: target });

  await consume(receiver.transport, pipeProducer!);
  new AudioStream(1111, sender.send).start();
  await until('media of the other host', () => receiver.peer.rtp.length > 10);
});

test('pipeToRouter() between two verticals of several hosts each leaves to them where it meets', async () => {
  const verticals = [verticalOverHosts('a', 'b'), verticalOverHosts('c', 'd')] as const;
  const { routers, pipes } = await sceneOf(await horizontalOver(verticals));
  const [source, target] = routers;
  const sender = await plainSender(source);
  const receiver = await plainReceiver(target);
  const producer = await sender.transport.produce(audioProducer(1111));

  await source.pipeToRouter({ producerId: producer.id, router: target });
  await consume(receiver.transport, producer);
  new AudioStream(1111, sender.send).start();
  await until('media of the other host', () => receiver.peer.rtp.length > 10);
  expect(pipes.flat().map(({ srtpParameters }) => srtpParameters?.cryptoSuite)).toEqual([
    'AEAD_AES_256_GCM',
    'AEAD_AES_256_GCM',
  ]);
  // Those above can tell the two apart.
  expect(routers.map((router) => hostOf(router))).toEqual([
    { id: 'host-0', several: true },
    { id: 'host-1', several: true },
  ]);
});

describe('pipeToRouter() between two workers of a vertical cluster', () => {
  afterAll(noWorkersLeft);

  test('does and tells what that of mediasoup does', async () => {
    const expected = await storyOf(await sceneOf(() => localMediasoup.createWorker()));
    const scene = await sceneOf(await verticalCluster());

    expect(expected.pairs).toEqual([1, 1]);
    expect(await storyOf(scene)).toEqual(expected);
  }, 90_000);

  test('meets where the hosts reach each other, encrypted', async () => {
    const { routers, pipes } = await sceneOf(await verticalCluster());
    const [source, target] = routers;
    const sender = await plainSender(source);
    const producer = await sender.transport.produce(audioProducer(1111));

    await source.pipeToRouter({ producerId: producer.id, router: target });
    for (const transport of pipes.flat()) {
      expect(pipeAddresses).toContain(transport.tuple.localAddress);
      expect(pipeAddresses).toContain(transport.tuple.remoteIp);
      expect(transport.srtpParameters?.cryptoSuite).toBe('AEAD_AES_256_GCM');
      await expect(transport.dump()).resolves.toMatchObject({ rtx: true });
    }
  });
});
