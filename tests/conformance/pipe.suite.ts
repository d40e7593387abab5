import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { EventLog, nextEvent, recordEvents, until } from '../support/events.js';
import { audioProducer, videoProducer } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream, keyFrameRequested, VideoStream } from '../support/rtp.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';

export function pipeSuite(target: Target): void {
  describe('pipes with flowing media', () => {
    const running = useTarget(target);

    /** Two routers on two workers; media goes from the first to the second. */
    async function twoRouters() {
      return { origin: await running.createRouter(), remote: await running.createRouter() };
    }

    test('audio comes out of the other router as it went in', async () => {
      const { origin, remote } = await twoRouters();
      const created = [origin, remote].map((router) =>
        recordEvents<types.RouterObserverEvents, 'newtransport'>(router.observer, 'newtransport'),
      );
      const sender = await plainSender(origin);
      const receiver = await plainReceiver(remote);
      const producer = await sender.transport.produce(audioProducer(1111));
      const { pipeConsumer, pipeProducer } = await origin.pipeToRouter({
        producerId: producer.id,
        router: remote,
      });

      expect(pipeProducer!.id).toBe(producer.id);
      expect(pipeConsumer!.producerId).toBe(producer.id);
      expect(pipeConsumer!.type).toBe('pipe');
      expect(pipeProducer!.paused).toBe(false);

      const [ours, theirs] = created.map(
        (events) => events.find(([{ type }]) => type === 'pipe')![0] as types.PipeTransport,
      );

      expect(ours!.tuple).toMatchObject({ localAddress: '127.0.0.1', protocol: 'udp' });
      expect(ours!.tuple.remotePort).toBe(theirs!.tuple.localPort);
      expect(theirs!.tuple.remotePort).toBe(ours!.tuple.localPort);

      await consume(receiver.transport, pipeProducer!);

      const stream = new AudioStream(1111, sender.send);

      for (let count = 1; count <= 50; count++) {
        stream.sendNext();
        await until(`packet ${count}`, () => receiver.peer.rtp.length === count);
      }

      expect(receiver.peer.rtp.map(({ payload }) => payload)).toEqual(
        stream.sent.map(({ payload }) => payload),
      );
    });

    test('a pipe with encryption and retransmission carries media too', async () => {
      const { origin, remote } = await twoRouters();
      const sender = await plainSender(origin);
      const receiver = await plainReceiver(remote);
      const producer = await sender.transport.produce(videoProducer(2222));
      const created = recordEvents<types.RouterObserverEvents, 'newtransport'>(
        origin.observer,
        'newtransport',
      );
      const { pipeProducer } = await origin.pipeToRouter({
        producerId: producer.id,
        router: remote,
        enableSrtp: true,
        enableRtx: true,
      });
      const pipe = created[0]![0] as types.PipeTransport;

      expect(pipe.srtpParameters!.cryptoSuite).toBe('AEAD_AES_256_GCM');
      expect(pipeProducer!.rtpParameters.encodings![0]!.rtx).toBeDefined();
      await consume(receiver.transport, pipeProducer!);
      new VideoStream(2222, sender.send).obey(sender.peer).start();
      await until('frames', () => receiver.peer.rtp.length > 3);
    });

    test('pausing crosses, before and after piping', async () => {
      const { origin, remote } = await twoRouters();
      const sender = await plainSender(origin);
      const receiver = await plainReceiver(remote);
      const producer = await sender.transport.produce({ ...audioProducer(1111), paused: true });
      const { pipeProducer } = await origin.pipeToRouter({
        producerId: producer.id,
        router: remote,
      });
      const consumer = await consume(receiver.transport, pipeProducer!);

      expect(pipeProducer!.paused).toBe(true);
      expect(consumer.producerPaused).toBe(true);

      const resumed = nextEvent(consumer, 'producerresume');

      await producer.resume();
      await resumed;
      // Its consumers may hear of it before it hears the answer to its own call.
      await until('the pipe resumed', () => !pipeProducer!.paused);
      expect(consumer.producerPaused).toBe(false);

      const stream = new AudioStream(1111, sender.send);

      stream.sendNext();
      await until('a packet', () => receiver.peer.rtp.length === 1);

      const paused = nextEvent(consumer, 'producerpause');

      await producer.pause();
      await paused;
      await until('the pipe paused', () => pipeProducer!.paused);
      expect(consumer.producerPaused).toBe(true);
    });

    test('a key frame wanted on one side is asked for on the other', async () => {
      const { origin, remote } = await twoRouters();
      const sender = await plainSender(origin);
      const receiver = await plainReceiver(remote);
      const producer = await sender.transport.produce(videoProducer(2222));
      const { pipeProducer } = await origin.pipeToRouter({
        producerId: producer.id,
        router: remote,
      });
      const consumer = await consume(receiver.transport, pipeProducer!);
      const requests = (): number =>
        sender.peer.rtcp.filter((packet) => keyFrameRequested(packet) === 2222).length;

      new VideoStream(2222, sender.send).obey(sender.peer).start();
      await until('frames', () => receiver.peer.rtp.length > 3);

      const before = requests();

      await consumer.requestKeyFrame();
      await until('a request', () => requests() > before);
    });

    test('simulcast layers cross', async () => {
      const { origin, remote } = await twoRouters();
      const sender = await plainSender(origin);
      const receiver = await plainReceiver(remote);
      const producer = await sender.transport.produce(videoProducer(10, 20, 30));
      const { pipeProducer } = await origin.pipeToRouter({
        producerId: producer.id,
        router: remote,
      });
      const consumer = await consume(receiver.transport, pipeProducer!);

      expect(pipeProducer!.type).toBe('simulcast');
      for (const ssrc of [10, 20, 30]) {
        new VideoStream(ssrc, sender.send).obey(sender.peer).start();
      }
      await until('the best layer', () => consumer.currentLayers?.spatialLayer === 2);
      await consumer.setPreferredLayers({ spatialLayer: 0 });
      await until('the lowest layer', () => consumer.currentLayers?.spatialLayer === 0);
    });

    test('data crosses with its subchannels', async () => {
      const { origin, remote } = await twoRouters();
      const sctpStates = new EventLog();

      for (const [name, router] of Object.entries({ origin, remote })) {
        router.observer.on('newtransport', (transport) => {
          if (transport.type !== 'pipe') return;

          const pipe = transport as types.PipeTransport;

          for (const emitter of [pipe, pipe.observer as never]) {
            emitter.on('sctpstatechange', (state) =>
              sctpStates.note(`${name} ${state} [${pipe.sctpState}]`),
            );
          }
        });
      }

      const here = await origin.createDirectTransport();
      const there = await remote.createDirectTransport();
      const dataProducer = await here.produceData({ label: 'chat' });
      const { pipeDataProducer, pipeDataConsumer } = await origin.pipeToRouter({
        dataProducerId: dataProducer.id,
        router: remote,
      });

      expect(pipeDataProducer!.id).toBe(dataProducer.id);
      expect(pipeDataConsumer!.label).toBe('chat');

      const consumers = [
        await there.consumeData({ dataProducerId: pipeDataProducer!.id, subchannels: [1] }),
        await there.consumeData({ dataProducerId: pipeDataProducer!.id, subchannels: [2] }),
      ];
      const messages = consumers.map((dataConsumer) =>
        recordEvents<types.DataConsumerEvents, 'message'>(dataConsumer, 'message'),
      );

      dataProducer.send('all ☃');
      dataProducer.send('1', undefined, [1]);
      dataProducer.send('2', undefined, [2]);
      dataProducer.send('end');
      await until('the last messages', () => messages.every((received) => received.length === 3));

      expect(
        messages.map((received) => received.map(([message, ppid]) => [String(message), ppid])),
      ).toEqual([
        [
          ['all ☃', 51],
          ['1', 51],
          ['end', 51],
        ],
        [
          ['all ☃', 51],
          ['2', 51],
          ['end', 51],
        ],
      ]);
      // A handshake that both begin at once may begin twice.
      for (const name of ['origin', 'remote']) {
        const linesOf = () => sctpStates.lines.filter((line) => line.startsWith(name));

        await until(`${name} connected`, () => linesOf().at(-1)?.startsWith(`${name} connected`));

        const lines = linesOf();

        expect([...new Set(lines)]).toEqual([
          `${name} connecting [connecting]`,
          `${name} connected [connected]`,
        ]);
        expect(lines.slice(-3, -2)).toEqual([`${name} connecting [connecting]`]);
        expect(lines.slice(-2)).toEqual([
          `${name} connected [connected]`,
          `${name} connected [connected]`,
        ]);
      }
    });

    test('closing crosses', async () => {
      const { origin, remote } = await twoRouters();
      const sender = await plainSender(origin);
      const receiver = await plainReceiver(remote);
      const producer = await sender.transport.produce(audioProducer(1111));
      const { pipeConsumer, pipeProducer } = await origin.pipeToRouter({
        producerId: producer.id,
        router: remote,
      });
      const consumer = await consume(receiver.transport, pipeProducer!);
      const order: string[] = [];
      const closed = nextEvent(consumer, 'producerclose');

      pipeConsumer!.on('producerclose', () => order.push('pipe consumer'));
      pipeProducer!.observer.on('close', () => order.push('pipe producer'));
      consumer.on('producerclose', () => order.push('consumer'));
      producer.close();
      await closed;
      expect(order).toEqual(['pipe consumer', 'pipe producer', 'consumer']);
      expect([pipeConsumer!.closed, pipeProducer!.closed, consumer.closed]).toEqual([
        true,
        true,
        true,
      ]);
    });

    test('one pair of transports per pair of routers, which dies as one', async () => {
      const { origin, remote } = await twoRouters();
      const created = [origin, remote].map((router) =>
        recordEvents<types.RouterObserverEvents, 'newtransport'>(router.observer, 'newtransport'),
      );
      const sender = await plainSender(origin);
      const backwards = await plainSender(remote);
      const producers = await Promise.all([
        sender.transport.produce(audioProducer(1)),
        sender.transport.produce(videoProducer(2)),
        backwards.transport.produce(audioProducer(3)),
      ]);

      await Promise.all([
        origin.pipeToRouter({ producerId: producers[0].id, router: remote }),
        origin.pipeToRouter({ producerId: producers[1].id, router: remote }),
        remote.pipeToRouter({ producerId: producers[2].id, router: origin }),
      ]);

      const pipes = created.map((events) =>
        events.map(([transport]) => transport).filter(({ type }) => type === 'pipe'),
      );

      expect(pipes.map(({ length }) => length)).toEqual([1, 1]);

      const log = new EventLog();

      log.watch('here', 'pipeTransport', pipes[0]![0]);
      log.watch('there', 'pipeTransport', pipes[1]![0]);
      remote.close();
      expect(log.lines).toEqual([
        'there routerclose [closed]',
        'here.observer close [closed]',
        'there.observer close [closed]',
      ]);
    });
  });
}
