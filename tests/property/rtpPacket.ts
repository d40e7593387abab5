import type { Token } from './sequence.js';

type RtpToken = Extract<Token, { $: 'rtp' }>;

/** A packet of opus or VP8, as far as a router looks at it. */
export function rtpPacket({ payloadType, ssrc, index, keyFrame }: RtpToken): Buffer {
  const header = Buffer.alloc(12);
  const payload = Buffer.alloc(24, index);

  header[0] = 0x80;
  header[1] = 0x80 | payloadType;
  header.writeUInt16BE(1000 + index, 2);
  header.writeUInt32BE(90_000 + index * 3000, 4);
  header.writeUInt32BE(ssrc, 8);
  // VP8 payload descriptor: first partition starts; then the frame tag of a key frame or not.
  payload[0] = 0x10;
  Buffer.from([keyFrame ? 0x10 : 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00]).copy(
    payload,
    1,
  );

  return Buffer.concat([header, payload]);
}

/** What of a packet that came out is not random. */
export function comparableRtp(packet: unknown): unknown {
  if (!Buffer.isBuffer(packet)) {
    return packet;
  }

  return {
    length: packet.length,
    markerAndType: packet[1],
    payload: packet.subarray(-24),
  };
}
