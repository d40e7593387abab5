import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { RtcpPacketConverter } from 'werift';
import { delivered, nextEvent, recordEvents, until } from '../support/events.js';
import { estimatingCapabilities, loopback, videoProducer } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import {
  estimatedMaxBitrate,
  keyFrameRequested,
  pictureLossIndication,
  VideoStream,
} from '../support/rtp.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';
import { WebRtcEndpoint } from '../support/webrtc.js';

/** A transport whose other end is a real WebRTC endpoint. */
async function webRtcReceiver(router: types.Router) {
  const transport = await router.createWebRtcTransport({ listenInfos: [loopback] });
  const endpoint = await WebRtcEndpoint.create();

  await endpoint.connect(transport);

  return {
    transport,
    sendRtcp: (packet: Buffer) =>
      void endpoint.dtls.sendRtcp(RtcpPacketConverter.deSerialize(packet)),
  };
}

export function traceSuite(target: Target): void {
  describe('traces, key frames and orientation with flowing media', () => {
    const running = useTarget(target);

    async function video() {
      const router = await running.createRouter();
      const sender = await plainSender(router);
      const receiver = await plainReceiver(router);
      const producer = await sender.transport.produce(videoProducer(2222));
      const stream = new VideoStream(2222, sender.send);
      const consumer = await consume(receiver.transport, producer);

      return { router, sender, receiver, producer, stream, consumer };
    }

    test('traces of a producer tell packets, key frames and requests for them', async () => {
      const { producer, consumer, stream } = await video();
      const own = recordEvents<types.ProducerEvents, 'trace'>(producer, 'trace');
      const ofObserver = recordEvents<types.ProducerObserverEvents, 'trace'>(
        producer.observer,
        'trace',
      );
      const seen = (type: string): types.ProducerTraceEventData | undefined =>
        own.find(([trace]) => trace.type === type)?.[0];

      await expect(producer.enableTraceEvent(['rtp', 'keyframe', 'pli', 'sr'])).resolves.toBe(
        undefined,
      );
      stream.sendNext();
      await until('the key frame', () => seen('keyframe'));
      stream.sendNext();
      await until('the packet', () => seen('rtp'));
      stream.sendSenderReport();
      await until('the report', () => seen('sr'));
      await consumer.requestKeyFrame();
      await until('the request', () => seen('pli'));

      expect(seen('keyframe')).toMatchObject({
        direction: 'in',
        timestamp: expect.any(Number),
        info: { rtpPacket: { isKeyFrame: true, sequenceNumber: 1000 } },
      });
      expect(seen('rtp')).toMatchObject({
        direction: 'in',
        info: { rtpPacket: { isKeyFrame: false, sequenceNumber: 1001 } },
      });
      expect(seen('pli')).toMatchObject({ direction: 'out', info: { ssrc: 2222 } });
      expect(ofObserver).toEqual(own);

      await producer.enableTraceEvent();
      await delivered();

      const before = own.length;

      stream.sendNext();
      await until(
        'the third packet',
        async () => (await producer.getStats())[0]?.packetCount === 3,
      );
      expect(own).toHaveLength(before);
    });

    test('traces of a consumer are told exactly as mediasoup tells them', async () => {
      const { consumer, receiver, stream } = await video();
      const own = recordEvents<types.ConsumerEvents, 'trace'>(consumer, 'trace');
      const ofObserver = recordEvents<types.ConsumerObserverEvents, 'trace'>(
        consumer.observer,
        'trace',
      );
      const types = (): string[] => own.map(([trace]) => trace.type);
      const { ssrc } = consumer.rtpParameters.encodings![0]!;

      await consumer.enableTraceEvent(['keyframe', 'pli']);
      stream.sendNext();
      await until('the key frame', () => types().includes('keyframe'));
      receiver.peer.send(pictureLossIndication(ssrc!), receiver.transport.tuple);
      await until('the request', () => types().filter((type) => type === 'pli').length === 2);

      // mediasoup 3.27.1 emits each one twice.
      expect(types()).toEqual(['keyframe', 'keyframe', 'pli', 'pli']);
      expect(own[0]).toMatchObject([{ direction: 'out', info: { rtpPacket: { ssrc } } }]);
      expect(own[2]).toMatchObject([{ direction: 'in', info: { ssrc } }]);
      expect(ofObserver).toEqual(own);
    });

    test.each(['plain', 'webrtc'])(
      'traces of a %s transport tell the estimated bandwidth',
      async (type) => {
        const { router, receiver, sender, producer, stream } = await video();
        const { transport, sendRtcp } =
          type === 'plain'
            ? {
                transport: receiver.transport,
                sendRtcp: (packet: Buffer) => receiver.peer.send(packet, receiver.transport.tuple),
              }
            : await webRtcReceiver(router);
        const consumer = await consume(transport, producer, {
          rtpCapabilities: estimatingCapabilities,
        });
        const { ssrc } = consumer.rtpParameters.encodings![0]!;
        const own = recordEvents<types.TransportEvents, 'trace'>(transport as never, 'trace');
        const ofObserver = recordEvents<types.TransportObserverEvents, 'trace'>(
          transport.observer as never,
          'trace',
        );

        stream.obey(sender.peer).start();
        await expect(transport.enableTraceEvent(['bwe'])).resolves.toBe(undefined);
        await until('an estimate', () => {
          sendRtcp(estimatedMaxBitrate(ssrc!, 250_000, 2));

          return own.length > 0;
        });

        expect(own[0]).toMatchObject([
          {
            type: 'bwe',
            direction: 'out',
            timestamp: expect.any(Number),
            info: { availableBitrate: expect.any(Number) },
          },
        ]);
        expect(ofObserver).toEqual(own);
      },
    );

    test('requestKeyFrame() reaches the sender', async () => {
      const { consumer, sender, receiver, stream } = await video();
      const requests = (): number =>
        sender.peer.rtcp.filter((packet) => keyFrameRequested(packet) === 2222).length;

      stream.sendNext();
      await until('the key frame', () => receiver.peer.rtp.length === 1);

      const before = requests();

      await expect(consumer.requestKeyFrame()).resolves.toBe(undefined);
      await until('a request', () => requests() > before);
    });

    test('a turned camera is told with its new orientation', async () => {
      const { producer, stream } = await video();
      const own = recordEvents(producer, 'videoorientationchange');
      const ofObserver = recordEvents(producer.observer, 'videoorientationchange');

      for (const rotation of [90, 90, 180] as const) {
        stream.rotation = rotation;
        stream.wantKeyFrame();
        stream.sendNext();
      }
      await nextEvent<types.ProducerObserverEvents, 'videoorientationchange'>(
        producer.observer,
        'videoorientationchange',
        (orientation) => orientation.rotation === 180,
      );

      expect(own).toEqual([
        [{ camera: false, flip: false, rotation: 90 }],
        [{ camera: false, flip: false, rotation: 180 }],
      ]);
      expect(ofObserver).toEqual(own);
    });
  });
}
