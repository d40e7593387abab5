// Sends RTP over UDP on loopback, each stream at its own pace, until told the next streams.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const packetsPerFrame = 4;
const framesPerKeyFrame = 30;

const socket = createSocket('udp4');
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');
socket.setSendBufferSize(4 << 20);

let streams = [];

function writeHeader(packet, { ssrc, payloadType, sent }, marker, timestamp) {
  packet[0] = 0x80;
  packet[1] = payloadType | (marker ? 0x80 : 0);
  packet.writeUInt16BE(sent & 0xffff, 2);
  packet.writeUInt32BE(timestamp >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
}

/** VP8 as far as a router looks at it (RFC 7741), or anything that may be opus. */
function nextPacket(stream) {
  const packet = Buffer.alloc(stream.size, 0x55);
  if (stream.kind === 'audio') {
    writeHeader(packet, stream, false, stream.sent * 960);
    return packet;
  }
  const frame = Math.floor(stream.sent / packetsPerFrame);
  const position = stream.sent % packetsPerFrame;
  writeHeader(packet, stream, position === packetsPerFrame - 1, frame * 3000);
  packet[12] = 0x80 | (position === 0 ? 0x10 : 0);
  packet[13] = 0x80;
  packet.writeUInt16BE(0x8000 | (frame & 0x7fff), 14);
  if (position === 0) packet[16] = frame % framesPerKeyFrame === 0 ? 0x10 : 0x11;
  return packet;
}

function sendDue() {
  const now = performance.now();
  for (const stream of streams) {
    const due = Math.floor(((now - stream.started) / 1000) * stream.perSecond);
    for (; stream.sent < due; stream.sent += 1) {
      socket.send(nextPacket(stream), stream.port, '127.0.0.1');
    }
  }
}

// Spread over the time of a packet, as streams of independent senders are.
process.on('message', (next) => {
  streams = next.map((stream, index) => ({
    ...stream,
    sent: 0,
    started: performance.now() + (index / next.length / stream.perSecond) * 1000,
  }));
});
process.on('disconnect', () => process.exit());
setInterval(sendDue, 1);
process.send('ready');
