// Sends RTP over UDP on loopback at a given pace. Asked with { streams, perSecond, count }, where a
// stream is { port, ssrc }; answers when all has been sent.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const packetSize = 1100;
const payloadType = 102;
const packetsPerFrame = 4;
const framesPerKeyFrame = 30;
const ticksPerFrame = 3000;

const socket = createSocket('udp4');
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');
socket.setSendBufferSize(4 << 20);

const states = new Map();

/** VP8 as far as a router looks at it (RFC 7741): frames of four packets, 15-bit picture ids. */
function nextPacket({ ssrc }) {
  const state = states.get(ssrc) ?? { packets: 0 };
  states.set(ssrc, state);
  const frame = Math.floor(state.packets / packetsPerFrame);
  const position = state.packets % packetsPerFrame;
  const isFirst = position === 0;
  const isLast = position === packetsPerFrame - 1;
  const packet = Buffer.alloc(packetSize, 0x55);
  packet[0] = 0x80;
  packet[1] = payloadType | (isLast ? 0x80 : 0);
  packet.writeUInt16BE(state.packets & 0xffff, 2);
  packet.writeUInt32BE((frame * ticksPerFrame) >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
  packet[12] = 0x80 | (isFirst ? 0x10 : 0);
  packet[13] = 0x80;
  packet.writeUInt16BE(0x8000 | (frame & 0x7fff), 14);
  if (isFirst) packet[16] = frame % framesPerKeyFrame === 0 ? 0x10 : 0x11;
  state.packets += 1;
  return packet;
}

async function sendAll({ streams, perSecond, count }) {
  const started = performance.now();
  let sent = 0;
  while (sent < count) {
    const due = Math.min(count, Math.floor(((performance.now() - started) / 1000) * perSecond));
    for (; sent < due; sent += 1) {
      const stream = streams[sent % streams.length];
      socket.send(nextPacket(stream), stream.port, '127.0.0.1');
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

process.on('message', async (request) => {
  await sendAll(request);
  process.send('sent');
});
process.on('disconnect', () => process.exit());
process.send('ready');
