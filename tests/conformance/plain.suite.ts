import { describe, expect, test } from 'vitest';
import { nextEvent, recordEvents, until } from '../support/events.js';
import { audioProducer, loopback, videoProducer } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream, UdpPeer, VideoStream } from '../support/rtp.js';
import type { Target } from '../support/targets.js';
import { useTarget } from '../support/useTarget.js';

export function plainSuite(target: Target): void {
  describe('plain transports with flowing media', () => {
    const running = useTarget(target);

    test('audio comes out as it went in, packet by packet', async () => {
      const router = await running.createRouter();
      const sender = await plainSender(router);
      const receiver = await plainReceiver(router);
      const producer = await sender.transport.produce(audioProducer(1111));
      const consumer = await consume(receiver.transport, producer);
      const stream = new AudioStream(1111, sender.send);

      for (let count = 1; count <= 200; count++) {
        stream.sendNext();
        // One at a time: UDP keeps neither count nor order, not even on loopback.
        await until(`packet ${count}`, () => receiver.peer.rtp.length >= count);
      }

      const { ssrc } = consumer.rtpParameters.encodings![0]!;
      const { payloadType } = consumer.rtpParameters.codecs[0]!;
      const [first] = receiver.peer.rtp;

      expect(receiver.peer.rtp).toHaveLength(200);
      receiver.peer.rtp.forEach((packet, index) => {
        expect(packet.payload).toEqual(stream.sent[index]!.payload);
        expect(packet.header).toMatchObject({
          ssrc,
          payloadType,
          timestamp: stream.sent[index]!.header.timestamp,
          sequenceNumber: (first!.header.sequenceNumber + index) & 0xffff,
        });
      });
      await expect(consumer.getStats()).resolves.toMatchObject([
        { type: 'outbound-rtp', packetCount: 200 },
        { type: 'inbound-rtp', packetCount: 200 },
      ]);
      await expect(producer.getStats()).resolves.toMatchObject([{ packetCount: 200 }]);
    });

    test('video starts at a key frame, which the sender is asked for', async () => {
      const router = await running.createRouter();
      const sender = await plainSender(router);
      const receiver = await plainReceiver(router);
      const producer = await sender.transport.produce(videoProducer(2222));
      const stream = new VideoStream(2222, sender.send).obey(sender.peer).start();

      await until('some packets', () => stream.sent.length > 3);

      await consume(receiver.transport, producer);
      await until('a frame', () => receiver.peer.rtp.length > 10);

      const isKeyFrame = (payload: Buffer): boolean => (payload[6]! & 1) === 0;

      expect(isKeyFrame(receiver.peer.rtp[0]!.payload)).toBe(true);
      expect(isKeyFrame(receiver.peer.rtp[1]!.payload)).toBe(false);
    });

    test('comedia learns the tuple, tells it and keeps it', async () => {
      const router = await running.createRouter();
      const { transport, peer, send } = await plainSender(router);
      const own = recordEvents(transport, 'tuple');
      const ofObserver = recordEvents(transport.observer, 'tuple');
      const stateInEvent: unknown[] = [];

      transport.on('tuple', () => stateInEvent.push(transport.tuple));
      const producer = await transport.produce(audioProducer(1111));

      expect(transport.tuple.remotePort).toBeFalsy();
      expect(transport.tuple.remoteIp).toBe(undefined);

      const tuple = nextEvent(transport.observer, 'tuple');
      const stream = new AudioStream(1111, send);

      stream.sendNext();
      await tuple;
      stream.sendNext();
      await until('the second packet', async () => {
        const [stats] = await producer.getStats();

        return stats?.packetCount === 2;
      });

      const expected = {
        ...transport.tuple,
        localAddress: '127.0.0.1',
        remoteIp: '127.0.0.1',
        remotePort: peer.port,
        protocol: 'udp',
      };

      expect(transport.tuple).toEqual(expected);
      expect(own).toEqual([[expected]]);
      expect(ofObserver).toEqual([[expected]]);
      expect(stateInEvent).toEqual([expected]);
      await expect(transport.getStats()).resolves.toMatchObject([{ tuple: expected }]);
    });

    test('without multiplexing, RTCP has a tuple of its own', async () => {
      const router = await running.createRouter();
      const transport = await router.createPlainTransport({
        listenInfo: loopback,
        rtcpMux: false,
        comedia: true,
      });
      const rtpPeer = await UdpPeer.open();
      const rtcpPeer = await UdpPeer.open();
      const own = recordEvents(transport, 'rtcptuple');
      const ofObserver = recordEvents(transport.observer, 'rtcptuple');

      await transport.produce(audioProducer(1111));
      expect(transport.rtcpTuple!.localPort).not.toBe(transport.tuple.localPort);

      const tuple = nextEvent(transport, 'tuple');
      const rtcpTuple = nextEvent(transport.observer, 'rtcptuple');
      const rtp = new AudioStream(1111, (packet) => rtpPeer.send(packet, transport.tuple));
      const rtcp = new AudioStream(1111, (packet) => rtcpPeer.send(packet, transport.rtcpTuple!));

      rtp.sendNext();
      await tuple;
      rtcp.sendSenderReport();
      await rtcpTuple;

      expect(transport.tuple.remotePort).toBe(rtpPeer.port);
      expect(transport.rtcpTuple).toMatchObject({
        remoteIp: '127.0.0.1',
        remotePort: rtcpPeer.port,
        protocol: 'udp',
      });
      expect(own).toEqual([[transport.rtcpTuple]]);
      expect(ofObserver).toEqual(own);
    });

    test('a paused consumer gets nothing, a resumed one goes on where it was', async () => {
      const router = await running.createRouter();
      const sender = await plainSender(router);
      const receiver = await plainReceiver(router);
      const producer = await sender.transport.produce(audioProducer(1111));
      const consumer = await consume(receiver.transport, producer, { paused: true });
      const stream = new AudioStream(1111, sender.send);
      const tuple = nextEvent(sender.transport, 'tuple');

      stream.sendNext();
      await tuple;
      await consumer.resume();
      stream.sendNext();
      await until('the second packet', () => receiver.peer.rtp.length > 0);

      expect(receiver.peer.rtp.map(({ payload }) => payload)).toEqual([stream.sent[1]!.payload]);
    });
  });
}
