import { createSocket } from 'node:dgram';
import type { types } from 'mediasoup';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createUdpTransport, SCTP, WEBRTC_PPID } from 'werift-sctp';
import { EventLog, nextEvent, recordEvents, until } from '../support/events.js';
import { loopback } from '../support/media.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';
import { WebRtcEndpoint } from '../support/webrtc.js';

const recordMessages = (dataConsumer: types.DataConsumer) =>
  recordEvents<types.DataConsumerEvents, 'message'>(dataConsumer, 'message');

export function dataSuite(target: Target): void {
  describe('data', () => {
    const running = useTarget(target);

    /** A data producer and a consumer of it, both reached from the app itself. */
    async function directPair(options: Partial<types.DataConsumerOptions> = {}) {
      const router = await running.createRouter();
      const transport = await router.createDirectTransport();
      const dataProducer = await transport.produceData({ label: 'chat', protocol: 'text' });
      const dataConsumer = await transport.consumeData({
        dataProducerId: dataProducer.id,
        ...options,
      });

      return { router, transport, dataProducer, dataConsumer };
    }

    /** An endpoint with data channels, connected. */
    async function endpointOn(
      router: types.Router,
      options: Partial<types.WebRtcTransportOptions> = {},
    ) {
      const transport = await router.createWebRtcTransport({
        listenInfos: [loopback],
        enableSctp: true,
        ...options,
      } as types.WebRtcTransportOptions);
      const endpoint = await WebRtcEndpoint.create();

      return { transport, endpoint };
    }

    test('every kind of message arrives as a Buffer with its PPID, in order', async () => {
      const { dataProducer, dataConsumer } = await directPair();
      const messages = recordMessages(dataConsumer);

      dataProducer.send('text ☃');
      dataProducer.send(Buffer.from([1, 2, 3]));
      dataProducer.send('');
      dataProducer.send(Buffer.alloc(0));
      dataProducer.send('told to be binary', 53);
      await until('five messages', () => messages.length === 5);

      expect(messages).toEqual([
        [Buffer.from('text ☃'), 51],
        [Buffer.from([1, 2, 3]), 53],
        [Buffer.from(' '), 56],
        [Buffer.alloc(1), 57],
        [Buffer.from('told to be binary'), 53],
      ]);
      expect(messages.every(([message]) => Buffer.isBuffer(message))).toBe(true);
      await expect(dataProducer.getStats()).resolves.toMatchObject([
        { type: 'data-producer', label: 'chat', protocol: 'text', messagesReceived: 5 },
      ]);
      await expect(dataConsumer.getStats()).resolves.toMatchObject([
        { type: 'data-consumer', messagesSent: 5 },
      ]);
    });

    test('a listener added right after sending still receives', async () => {
      const { dataProducer, dataConsumer } = await directPair();

      dataProducer.send('early');

      await expect(nextEvent(dataConsumer, 'message')).resolves.toEqual([Buffer.from('early'), 51]);
    });

    test('a listener removed and added again misses nothing sent meanwhile for it', async () => {
      const { dataProducer, dataConsumer } = await directPair();

      dataProducer.send('one');
      await nextEvent(dataConsumer, 'message');
      // Nobody listens now, for as long as a round trip takes and longer.
      await dataConsumer.dump();
      await dataProducer.dump();

      const messages = recordMessages(dataConsumer);

      dataProducer.send('two');
      await until('the second message', () => messages.length > 0);
      expect(messages).toEqual([[Buffer.from('two'), 51]]);
    });

    test('subchannels, required and ignored ones decide who receives', async () => {
      const { transport, dataProducer, dataConsumer } = await directPair({ subchannels: [1, 2] });
      const other = await transport.consumeData({ dataProducerId: dataProducer.id });
      const messages = recordMessages(dataConsumer);
      const others = recordMessages(other);
      const end = nextEvent(dataConsumer, 'message', (message) => String(message) === 'end');

      dataProducer.send('all');
      dataProducer.send('1', undefined, [1]);
      dataProducer.send('3', undefined, [3]);
      dataProducer.send('1 requires 2', undefined, [1], 2);
      dataProducer.send('1 requires 3', undefined, [1], 3);
      dataProducer.send('not for 2', undefined, undefined, undefined, 2);
      dataProducer.send('end');
      await end;

      const text = ([message]: [Buffer, number]): string => String(message);

      expect(messages.map(text)).toEqual(['all', '1', '1 requires 2', 'end']);
      expect(others.map(text)).toEqual(['all', 'not for 2', 'end']);

      await dataConsumer.setSubchannels([7, 7, 5, 65_536 + 3]);
      expect(dataConsumer.subchannels.sort()).toEqual([3, 5, 7]);
      await dataConsumer.addSubchannel(9);
      await dataConsumer.removeSubchannel(5);
      expect(dataConsumer.subchannels.sort()).toEqual([3, 7, 9]);
    });

    test('sending keeps its place among calls that nobody waits for', async () => {
      const { dataProducer, dataConsumer } = await directPair();
      const messages = recordMessages(dataConsumer);
      const calls: Promise<void>[] = [];

      dataProducer.send('1 open');
      calls.push(dataProducer.pause());
      dataProducer.send('2 producer paused');
      calls.push(dataProducer.resume());
      dataProducer.send('3 open');
      calls.push(dataConsumer.pause());
      dataProducer.send('4 consumer paused');
      calls.push(dataConsumer.resume(), dataConsumer.setSubchannels([5]));
      dataProducer.send('5 for six', undefined, [6]);
      dataProducer.send('6 for five', undefined, [5]);
      await Promise.all(calls);
      await until('the last message', () => messages.length >= 3);

      expect(messages.map(([message]) => String(message))).toEqual([
        '1 open',
        '3 open',
        '6 for five',
      ]);
    });

    test('pausing and closing a data producer reaches its consumers', async () => {
      const { dataProducer, dataConsumer } = await directPair();
      const log = new EventLog();
      const state = (): string =>
        `${dataConsumer.paused} ${dataConsumer.dataProducerPaused} ${dataConsumer.closed}`;

      log.watch('consumer', 'dataConsumer', dataConsumer, state);

      const paused = nextEvent(dataConsumer.observer, 'pause');

      await dataProducer.pause();
      await paused;

      const resumed = nextEvent(dataConsumer.observer, 'resume');

      await dataProducer.resume();
      await resumed;

      // Paused by itself already: what the producer does changes nothing of that.
      await dataConsumer.pause();

      const pausedAgain = nextEvent(dataConsumer, 'dataproducerpause');

      await dataProducer.pause();
      await pausedAgain;
      dataProducer.close();
      await nextEvent(dataConsumer.observer, 'close');

      expect(log.lines).toEqual([
        'consumer dataproducerpause [false true false]',
        'consumer.observer pause [false true false]',
        'consumer dataproducerresume [false false false]',
        'consumer.observer resume [false false false]',
        'consumer.observer pause [true false false]',
        'consumer dataproducerpause [true true false]',
        'consumer dataproducerclose [true true true]',
        'consumer.observer close [true true true]',
      ]);
    });

    test('SCTP states and what was negotiated', async () => {
      const router = await running.createRouter();
      const { transport, endpoint } = await endpointOn(router);
      const log = new EventLog();
      const watched = ['connecting', 'connected'];

      expect(transport.sctpState).toBe('new');
      expect(transport.sctpNegotiatedCapabilities).toBe(undefined);

      for (const [name, emitter] of [
        ['transport', transport],
        ['observer', transport.observer],
      ] as const) {
        (emitter as types.WebRtcTransport).on('sctpstatechange', (state) =>
          log.note(`${name} ${state} [${transport.sctpState}]`),
        );
      }

      await endpoint.connect(transport);
      await until('connected', () => transport.sctpState === 'connected');
      expect(transport.sctpNegotiatedCapabilities).toBeDefined();
      expect(log.lines).toEqual(
        watched.flatMap((state) => [
          `transport ${state} [${state}]`,
          `observer ${state} [${state}]`,
        ]),
      );
      expect(transport.sctpNegotiatedCapabilities).toEqual({
        negotiatedMaxInboundStreams: 65535,
        negotiatedMaxOutboundStreams: 65535,
      });
      transport.close();
      expect(transport.sctpState).toBe('closed');
    });

    test('messages pass between data channels and the app, both ways', async () => {
      const router = await running.createRouter();
      const { transport, endpoint } = await endpointOn(router);
      const direct = await router.createDirectTransport();

      await endpoint.connect(transport);

      const fromEndpoint = await transport.produceData({
        sctpStreamParameters: { streamId: 12, ordered: true },
      });
      const atApp = await direct.consumeData({ dataProducerId: fromEndpoint.id });
      const fromApp = await direct.produceData();
      const toEndpoint = await transport.consumeData({
        dataProducerId: fromApp.id,
        ordered: true,
      });
      const outgoing = endpoint.dataChannel(fromEndpoint.sctpStreamParameters!);
      const incoming = endpoint.dataChannel(toEndpoint.sctpStreamParameters!);
      const received = recordMessages(atApp);
      const atEndpoint: (string | Buffer)[] = [];

      incoming.onMessage.subscribe((message) => atEndpoint.push(message));
      outgoing.send('text ☃');
      outgoing.send(Buffer.from([1, 2, 3]));
      await until('two messages at the app', () => received.length === 2);
      expect(received).toEqual([
        [Buffer.from('text ☃'), 51],
        [Buffer.from([1, 2, 3]), 53],
      ]);

      fromApp.send('text ☃');
      fromApp.send(Buffer.from([1, 2, 3]));
      fromApp.send('');
      fromApp.send(Buffer.alloc(0));
      await expect(toEndpoint.send('to this one only')).resolves.toBe(0);
      await until('five messages at the endpoint', () => atEndpoint.length === 5);
      expect(atEndpoint).toEqual([
        'text ☃',
        Buffer.from([1, 2, 3]),
        '',
        Buffer.alloc(0),
        'to this one only',
      ]);
    });

    test('the amount that waits to be sent is known, and told when it gets low', async () => {
      const router = await running.createRouter();
      const { transport, endpoint } = await endpointOn(router);
      const direct = await router.createDirectTransport();

      await endpoint.connect(transport);

      const dataProducer = await direct.produceData();
      const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
      const channel = endpoint.dataChannel(dataConsumer.sctpStreamParameters!);
      const lows = recordEvents(dataConsumer, 'bufferedamountlow');
      let received = 0;

      channel.onMessage.subscribe(() => received++);
      await expect(dataConsumer.setBufferedAmountLowThreshold(5000)).resolves.toBe(undefined);
      await expect(dataConsumer.dump()).resolves.toMatchObject({
        bufferedAmountLowThreshold: 5000,
      });
      for (let count = 0; count < 10; count++) dataProducer.send(Buffer.alloc(20_000, count));
      await until('low', () => lows.length > 0);
      await until('all messages', () => received === 10);

      expect(lows[0]![0]).toBeLessThanOrEqual(5000);
      await until('all acknowledged', async () => (await dataConsumer.getBufferedAmount()) === 0);
    });

    test('a full send buffer is told', async () => {
      const router = await running.createRouter();
      const { transport, endpoint } = await endpointOn(router, { sctpSendBufferSize: 60_000 });
      const direct = await router.createDirectTransport();

      await endpoint.connect(transport);

      const dataProducer = await direct.produceData();
      const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
      const full = nextEvent(dataConsumer, 'sctpsendbufferfull');

      endpoint.dataChannel(dataConsumer.sctpStreamParameters!);
      for (let count = 0; count < 40; count++) dataProducer.send(Buffer.alloc(50_000));
      await expect(full).resolves.toEqual([]);
    });

    test('SCTP right over UDP reaches a plain transport', async () => {
      const router = await running.createRouter();
      const transport = await router.createPlainTransport({
        listenInfo: loopback,
        comedia: true,
        enableSctp: true,
      });
      const direct = await router.createDirectTransport();
      const dataProducer = await transport.produceData({
        sctpStreamParameters: { streamId: 7, ordered: true },
      });
      const messages = recordMessages(
        await direct.consumeData({ dataProducerId: dataProducer.id }),
      );
      const states = recordEvents(transport, 'sctpstatechange');
      const ofObserver = recordEvents(transport.observer, 'sctpstatechange');
      const { localAddress, localPort } = transport.tuple;
      const client = SCTP.client(
        createUdpTransport(createSocket('udp4'), { address: localAddress, port: localPort }),
      );

      onTestFinished(async () => {
        await client.stop();
        client.transport.close();
      });
      await client.start(5000);
      await until('connected', () => transport.sctpState === 'connected');
      expect(states).toEqual([['connecting'], ['connected']]);
      expect(ofObserver).toEqual(states);
      await until('negotiated', () => transport.sctpNegotiatedCapabilities);

      await client.send(7, WEBRTC_PPID.STRING, Buffer.from('over UDP'));
      await until('the message', () => messages.length === 1);
      expect(messages).toEqual([[Buffer.from('over UDP'), 51]]);
    });

    test('what only SCTP can do is refused where there is none', async () => {
      const { dataConsumer } = await directPair();

      await expect(dataConsumer.send('text')).rejects.toThrow(TypeError);
      await expect(dataConsumer.getBufferedAmount()).rejects.toThrow(TypeError);
      await expect(dataConsumer.setBufferedAmountLowThreshold(1)).rejects.toThrow(TypeError);
    });
  });
}
