import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { RtcpPacketConverter, RtpPacket } from 'werift';
import { recordEvents, until } from '../support/events.js';
import { audioProducer, receiverCapabilities, videoProducer } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import {
  AudioStream,
  keyFrameRequested,
  pictureLossIndication,
  VideoStream,
} from '../support/rtp.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';

export function directSuite(target: Target): void {
  describe('direct transports with flowing media', () => {
    const running = useTarget(target);

    test('RTP of a plain sender arrives at the app, from the first packet on', async () => {
      const router = await running.createRouter();
      const sender = await plainSender(router);
      const direct = await router.createDirectTransport();
      const producer = await sender.transport.produce(audioProducer(1111));
      const consumer = await direct.consume({
        producerId: producer.id,
        rtpCapabilities: receiverCapabilities,
      });
      const stream = new AudioStream(1111, sender.send);
      const { ssrc } = consumer.rtpParameters.encodings![0]!;

      stream.sendNext();

      const packets = recordEvents<types.ConsumerEvents, 'rtp'>(consumer, 'rtp');

      await until('the first packet', () => packets.length === 1);
      for (let count = 2; count <= 50; count++) {
        stream.sendNext();
        await until(`packet ${count}`, () => packets.length === count);
      }

      packets.forEach(([packet], index) => {
        expect(Buffer.isBuffer(packet)).toBe(true);

        const { header, payload } = RtpPacket.deSerialize(packet);

        expect(payload).toEqual(stream.sent[index]!.payload);
        expect(header.ssrc).toBe(ssrc);
      });
    });

    test('RTP that the app sends comes out of a plain transport', async () => {
      const router = await running.createRouter();
      const direct = await router.createDirectTransport();
      const receiver = await plainReceiver(router);
      const producer = await direct.produce(audioProducer(1111));

      await consume(receiver.transport, producer);

      const stream = new AudioStream(1111, (packet) => producer.send(packet));

      for (let count = 1; count <= 50; count++) {
        stream.sendNext();
        await until(`packet ${count}`, () => receiver.peer.rtp.length === count);
      }

      expect(receiver.peer.rtp.map(({ payload }) => payload)).toEqual(
        stream.sent.map(({ payload }) => payload),
      );
      expect(() => producer.send('text' as never)).toThrow(
        new TypeError('rtpPacket must be a Buffer'),
      );
    });

    test('sendRtcp() asks the sender of a consumed stream for a key frame', async () => {
      const router = await running.createRouter();
      const sender = await plainSender(router);
      const direct = await router.createDirectTransport();
      const producer = await sender.transport.produce(videoProducer(2222));

      new VideoStream(2222, sender.send).obey(sender.peer).start();

      const consumer = await direct.consume({
        producerId: producer.id,
        rtpCapabilities: receiverCapabilities,
      });
      const packets = recordEvents<types.ConsumerEvents, 'rtp'>(consumer, 'rtp');
      const requests = (): number =>
        sender.peer.rtcp.filter((packet) => keyFrameRequested(packet) === 2222).length;

      await until('frames', () => packets.length > 3);

      const before = requests();
      const { ssrc } = consumer.rtpParameters.encodings![0]!;

      direct.sendRtcp(pictureLossIndication(ssrc!));
      await until('a request', () => requests() > before);
      expect(() => direct.sendRtcp('text' as never)).toThrow(
        new TypeError('rtcpPacket must be a Buffer'),
      );
    });

    test('a key frame wanted from the app arrives as RTCP', async () => {
      const router = await running.createRouter();
      const direct = await router.createDirectTransport();
      const receiver = await plainReceiver(router);
      const producer = await direct.produce(videoProducer(2222));
      const stream = new VideoStream(2222, (packet) => producer.send(packet));
      const consumer = await consume(receiver.transport, producer);

      stream.sendNext();
      await until('the key frame', () => receiver.peer.rtp.length === 1);

      const own = recordEvents<types.DirectTransportEvents, 'rtcp'>(direct, 'rtcp');

      await consumer.requestKeyFrame();
      await until('the request', () =>
        own
          .flatMap(([packet]) => RtcpPacketConverter.deSerialize(packet))
          .some((packet) => keyFrameRequested(packet) === 2222),
      );
      expect(own.every(([packet]) => Buffer.isBuffer(packet))).toBe(true);
    });
  });
}
