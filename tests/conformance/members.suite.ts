import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { recordEvents, until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs } from '../support/media.js';
import { consume } from '../support/plain.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';

/** The members of the API that no flow of media comes by. */
export function membersSuite(target: Target): void {
  describe('members that media does not come by', () => {
    const running = useTarget(target);

    test('a dump tells what the getters tell', async () => {
      const worker = await running.createWorker();
      const webRtcServer = await worker.createWebRtcServer({ listenInfos: [loopback] });
      const router = await worker.createRouter({ mediaCodecs });
      const webRtcTransport = await router.createWebRtcTransport({ webRtcServer });
      const pipeTransport = await router.createPipeTransport({
        listenInfo: loopback,
        enableSrtp: true,
        enableRtx: true,
      });
      const producer = await webRtcTransport.produce(audioProducer(1));
      const consumer = await consume(webRtcTransport, producer, { paused: true });

      await producer.enableTraceEvent(['rtp', 'nack']);
      expect(await webRtcServer.dump()).toMatchObject({
        id: webRtcServer.id,
        udpSockets: [{ ip: '127.0.0.1', port: expect.any(Number) }],
        tcpServers: [],
        webRtcTransportIds: [webRtcTransport.id],
        localIceUsernameFragments: [
          { localIceUsernameFragment: webRtcTransport.iceParameters.usernameFragment },
        ],
      });
      expect(await webRtcTransport.dump()).toMatchObject({
        id: webRtcTransport.id,
        iceRole: 'controlled',
        iceParameters: webRtcTransport.iceParameters,
        iceCandidates: webRtcTransport.iceCandidates,
        iceState: webRtcTransport.iceState,
        dtlsState: webRtcTransport.dtlsState,
        producerIds: [producer.id],
        consumerIds: [consumer.id],
      });
      expect(webRtcTransport.iceRole).toBe('controlled');
      expect(await pipeTransport.dump()).toMatchObject({
        id: pipeTransport.id,
        rtx: true,
        tuple: pipeTransport.tuple,
        srtpParameters: pipeTransport.srtpParameters,
      });
      expect(await producer.dump()).toMatchObject({
        id: producer.id,
        kind: producer.kind,
        type: producer.type,
        paused: false,
        traceEventTypes: ['rtp', 'nack'],
        rtpParameters: { encodings: [{ ssrc: 1 }] },
      });
      expect(await consumer.dump()).toMatchObject({
        id: consumer.id,
        producerId: producer.id,
        kind: consumer.kind,
        type: consumer.type,
        paused: true,
        producerPaused: false,
        priority: consumer.priority,
      });
    });

    test('every kind tells what it is and where it comes from', async () => {
      const router = await running.createRouter();
      const transport = await router.createDirectTransport();
      const dataProducer = await transport.produceData({ label: 'chat', protocol: 'text' });
      const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
      const activeSpeakerObserver = await router.createActiveSpeakerObserver();
      const audioLevelObserver = await router.createAudioLevelObserver();

      expect(activeSpeakerObserver.type).toBe('activespeaker');
      expect(audioLevelObserver.type).toBe('audiolevel');
      expect((await router.dump()).rtpObserverIds.toSorted()).toEqual(
        [activeSpeakerObserver.id, audioLevelObserver.id].toSorted(),
      );
      expect([dataProducer.label, dataProducer.protocol]).toEqual(['chat', 'text']);
      expect([dataConsumer.label, dataConsumer.protocol]).toEqual(['chat', 'text']);
      expect(dataProducer.type).toBe('direct');
      expect(dataConsumer.type).toBe('direct');
      expect(dataConsumer.dataProducerId).toBe(dataProducer.id);
    });

    test('limits of the bitrate show in the stats', async () => {
      const router = await running.createRouter();
      const transports = [
        await router.createWebRtcTransport({ listenInfos: [loopback] }),
        await router.createPlainTransport({ listenInfo: loopback }),
        await router.createPipeTransport({ listenInfo: loopback }),
      ];

      for (const transport of transports) {
        await transport.setMaxIncomingBitrate(300_000);
        await transport.setMaxOutgoingBitrate(200_000);
        await transport.setMinOutgoingBitrate(100_000);
        expect(await transport.getStats()).toMatchObject([
          {
            transportId: transport.id,
            maxIncomingBitrate: 300_000,
            maxOutgoingBitrate: 200_000,
            minOutgoingBitrate: 100_000,
          },
        ]);
        await expect(transport.setMinOutgoingBitrate(250_000)).rejects.toThrow(Error);
      }
    });

    test('a direct transport has stats and traces, but no limits of the bitrate', async () => {
      const transport = await (await running.createRouter()).createDirectTransport();
      const { UnsupportedError } = running.mediasoup.errors;

      expect(await transport.getStats()).toMatchObject([
        { type: 'direct-transport', transportId: transport.id, bytesReceived: 0 },
      ]);
      await transport.enableTraceEvent(['probation', 'bwe']);
      expect((await transport.dump()).traceEventTypes).toEqual(['probation', 'bwe']);
      await expect(transport.setMaxIncomingBitrate(1)).rejects.toThrow(UnsupportedError);
      await expect(transport.setMaxOutgoingBitrate(1)).rejects.toThrow(UnsupportedError);
      await expect(transport.setMinOutgoingBitrate(1)).rejects.toThrow(UnsupportedError);
    });

    test('SCTP between two pipe transports that the app connects itself', async () => {
      const routers = [await running.createRouter(), await running.createRouter()] as const;
      const options = { listenInfo: loopback, enableSctp: true };
      const [one, other] = [
        await routers[0].createPipeTransport(options),
        await routers[1].createPipeTransport(options),
      ];

      expect(one.sctpParameters).toMatchObject({ port: 5000 });
      expect(one.sctpNegotiatedCapabilities).toBe(undefined);

      const states = recordEvents<types.PipeTransportEvents, 'sctpstatechange'>(
        one,
        'sctpstatechange',
      );

      await one.connect({ ip: '127.0.0.1', port: other.tuple.localPort });
      await other.connect({ ip: '127.0.0.1', port: one.tuple.localPort });
      await one.enableTraceEvent(['bwe']);
      expect((await one.dump()).traceEventTypes).toEqual(['bwe']);
      // The association begins with the first data channel.
      await one.produceData({ sctpStreamParameters: { streamId: 1, ordered: true } });
      await other.produceData({ sctpStreamParameters: { streamId: 1, ordered: true } });
      // Each end learns of it by itself.
      await until('the association', () =>
        [one, other].every(
          ({ sctpState, sctpNegotiatedCapabilities }) =>
            sctpState === 'connected' && sctpNegotiatedCapabilities !== undefined,
        ),
      );
      expect(states).toContainEqual(['connected']);
      expect(one.sctpNegotiatedCapabilities).toEqual(other.sctpNegotiatedCapabilities);
    });

    test('listenServerClosed() closes any transport, as mediasoup does inside', async () => {
      const router = await running.createRouter();
      const transports: types.Transport[] = [
        await router.createPlainTransport({ listenInfo: loopback }),
        await router.createPipeTransport({ listenInfo: loopback }),
        await router.createDirectTransport(),
      ];

      for (const transport of transports) {
        const told = recordEvents<types.TransportEvents, 'listenserverclose'>(
          transport,
          'listenserverclose',
        );
        const closed = recordEvents<types.TransportObserverEvents, 'close'>(
          transport.observer,
          'close',
        );

        transport.listenServerClosed();
        transport.listenServerClosed();
        expect(transport.closed).toBe(true);
        expect([told, closed]).toEqual([[[]], [[]]]);
      }
    });
  });
}
