// RTP through a pair of SRTP pipe transports: a packet that enters one encrypted and leaves the
// other in clear has been through the worker's encryption and decryption.
import { once } from 'node:events';

const CODEC = { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 };
const SSRC = 0x74757265;

export const MEDIA_CODECS = [CODEC];

function rtpPacket(payloadType) {
  const packet = Buffer.alloc(12 + 16, 0x2a);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(payloadType, 1);
  packet.writeUInt16BE(1000, 2);
  packet.writeUInt32BE(48000, 4);
  packet.writeUInt32BE(SSRC, 8);
  return packet;
}

async function connectedPipes(router) {
  const options = { listenInfo: { protocol: 'udp', ip: '127.0.0.1' }, enableSrtp: true };
  const [sender, receiver] = await Promise.all([
    router.createPipeTransport(options),
    router.createPipeTransport(options),
  ]);
  const addressOf = ({ tuple, srtpParameters }) => ({
    ip: '127.0.0.1',
    port: tuple.localPort,
    srtpParameters,
  });
  await Promise.all([sender.connect(addressOf(receiver)), receiver.connect(addressOf(sender))]);
  return { sender, receiver };
}

/** Resolves when an RTP packet has crossed from one pipe transport to the other. */
export async function verifySrtpPipe(router) {
  const { sender, receiver } = await connectedPipes(router);
  const direct = await router.createDirectTransport();
  const codec = router.rtpCapabilities.codecs[0];

  const source = await direct.produce({
    kind: CODEC.kind,
    rtpParameters: {
      codecs: [{ ...CODEC, payloadType: codec.preferredPayloadType }],
      encodings: [{ ssrc: SSRC }],
    },
  });
  const outgoing = await sender.consume({ producerId: source.id });
  const incoming = await receiver.produce({
    kind: outgoing.kind,
    rtpParameters: outgoing.rtpParameters,
  });
  const sink = await direct.consume({
    producerId: incoming.id,
    rtpCapabilities: router.rtpCapabilities,
  });

  const received = once(sink, 'rtp');
  source.send(rtpPacket(codec.preferredPayloadType));
  await received;
}
