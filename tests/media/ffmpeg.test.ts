import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { RtcpSrPacket, RtpPacket } from 'werift';
import { until } from '../support/events.js';
import { sendClip } from '../support/ffmpeg.js';
import { loopback } from '../support/media.js';
import { plainReceiver } from '../support/plain.js';
import { UdpPeer } from '../support/rtp.js';
import type { RunningTarget } from '../support/useTarget.js';
import { piped, useSides } from './sides.js';

const TIMEOUT_MS = 60_000;
const DURATION = 3;
const FRAME_RATE = 25;
/** libopus sends a packet every 20 ms. */
const OPUS_RATE = 50;
const PAYLOAD_TYPE = 120;
const SSRC = 11_223_344;

interface Codec {
  name: string;
  capability: types.RouterRtpCodecCapability;
  source: string[];
  encoder: string[];
  /** Packets, or for video frames, of the whole clip. */
  units: number;
}

const video = ['-f', 'lavfi', '-i', `testsrc=size=640x360:rate=${FRAME_RATE}`];
const common = ['-b:v', '500k', '-g', String(FRAME_RATE), '-pix_fmt', 'yuv420p'];

const codecs: Codec[] = [
  {
    name: 'VP8',
    capability: { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
    source: video,
    encoder: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', ...common],
    units: DURATION * FRAME_RATE,
  },
  {
    name: 'H264',
    capability: {
      kind: 'video',
      mimeType: 'video/H264',
      clockRate: 90000,
      parameters: {
        'packetization-mode': 1,
        'profile-level-id': '42e01f',
        'level-asymmetry-allowed': 1,
      },
    },
    source: video,
    encoder: [
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'],
      ...['-profile:v', 'baseline', ...common],
    ],
    units: DURATION * FRAME_RATE,
  },
  {
    name: 'Opus',
    capability: { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
    source: ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
    encoder: ['-c:a', 'libopus', '-ac', '2', '-b:a', '64k'],
    units: DURATION * OPUS_RATE,
  },
];

/** One consumer and what came out of it. */
interface Way {
  consumer: types.Consumer;
  received: RtpPacket[];
}

/** From a plain transport, to a plain one and to the app. */
async function route(running: RunningTarget, { capability }: Codec) {
  const worker = await running.createWorker();
  const router = await worker.createRouter({ mediaCodecs: [capability] });
  const transport = await router.createPlainTransport({
    listenInfo: loopback,
    // ffmpeg sends RTP and RTCP from two sockets.
    rtcpMux: false,
    comedia: true,
  });
  const producer = await transport.produce({
    kind: capability.kind,
    rtpParameters: {
      codecs: [{ ...capability, payloadType: PAYLOAD_TYPE }],
      encodings: [{ ssrc: SSRC }],
    },
  });
  const options: types.ConsumerOptions = {
    producerId: producer.id,
    rtpCapabilities: { codecs: [{ ...capability, preferredPayloadType: 101 }] },
    enableRtx: false,
  };
  const receiver = await plainReceiver(router);
  const plain: Way = {
    consumer: await receiver.transport.consume(options),
    received: receiver.peer.rtp,
  };
  const direct: Way = {
    consumer: await (await router.createDirectTransport()).consume(options),
    received: [],
  };

  direct.consumer.on('rtp', (packet) => direct.received.push(RtpPacket.deSerialize(packet)));

  return {
    destination: { rtpPort: transport.tuple.localPort, rtcpPort: transport.rtcpTuple!.localPort },
    producer,
    ways: { plain, direct },
  };
}

/** Resolves when this socket has everything that ffmpeg, which has ended, said it sent. */
async function completed(peer: UdpPeer): Promise<void> {
  await until('all packets of ffmpeg', () => {
    const report = peer.rtcp.filter((packet) => packet instanceof RtcpSrPacket).at(-1);
    const said = report?.senderInfo.packetCount ?? 0;

    return said > 0 && peer.rtp.length === said;
  });
}

/** What must be the same in every copy of a packet, relative to the first of its stream. */
function essence(packets: RtpPacket[]) {
  const first = packets[0]?.header;

  return packets.map(({ header, payload }) => ({
    sequence: (header.sequenceNumber - (first?.sequenceNumber ?? 0)) & 0xffff,
    elapsed: (header.timestamp - (first?.timestamp ?? 0)) >>> 0,
    marker: header.marker,
    payload: payload.toString('base64'),
  }));
}

const sumOf = (stats: (types.ConsumerStat | types.ProducerStat)[]) =>
  stats.map(({ type, packetCount, packetsLost }) => ({ type, packetCount, packetsLost }));

describe('RTP of ffmpeg', () => {
  const sides = useSides();

  test.each(codecs.map((codec) => [codec.name, codec] as const))(
    '%s comes out as it went in, packet for packet',
    async (_, codec) => {
      const witness = await UdpPeer.open();
      const local = await route(sides.local, codec);
      const remote = await route(sides.remote, codec);
      const vertical = await piped(() => route(sides.vertical, codec));

      await sendClip({
        ...codec,
        duration: DURATION,
        payloadType: PAYLOAD_TYPE,
        ssrc: SSRC,
        destinations: [
          { rtpPort: witness.port, rtcpPort: witness.port },
          local.destination,
          remote.destination,
          vertical.destination,
        ],
      });
      await completed(witness);

      const sent = essence(witness.rtp);
      const units = codec.capability.kind === 'video' ? sent.filter(({ marker }) => marker) : sent;

      expect(Math.abs(units.length - codec.units)).toBeLessThanOrEqual(1);
      expect(sent.map(({ sequence }) => sequence)).toEqual(sent.map((_, index) => index));

      for (const [side, { ways }] of Object.entries({ local, remote, vertical })) {
        for (const [name, { consumer, received }] of Object.entries(ways)) {
          const what = `${side} ${name}`;
          const { ssrc } = consumer.rtpParameters.encodings![0]!;
          const { payloadType } = consumer.rtpParameters.codecs[0]!;

          await until(`${what}: ${sent.length}`, () => received.length >= sent.length);
          expect(essence(received), what).toEqual(sent);
          expect(ssrc).not.toBe(SSRC);
          expect(payloadType).not.toBe(PAYLOAD_TYPE);
          expect(new Set(received.map(({ header }) => header.ssrc)), what).toEqual(new Set([ssrc]));
          expect(new Set(received.map(({ header }) => header.payloadType)), what).toEqual(
            new Set([payloadType]),
          );
        }
      }

      const counts = async ({ producer, ways }: typeof local) => ({
        producer: sumOf(await producer.getStats()),
        plain: sumOf(await ways.plain.consumer.getStats()),
        direct: sumOf(await ways.direct.consumer.getStats()),
      });
      const ofLocal = await counts(local);

      expect(await counts(remote)).toEqual(ofLocal);
      expect(await counts(vertical)).toEqual(ofLocal);
      expect(ofLocal.producer).toEqual([
        { type: 'inbound-rtp', packetCount: sent.length, packetsLost: 0 },
      ]);
    },
    TIMEOUT_MS,
  );
});
