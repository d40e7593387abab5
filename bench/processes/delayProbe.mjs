// Sends RTP over UDP on loopback, and receives each packet twice: from a viewer beside the producer
// and from one behind a pipe. Says its two ports; asked with { port, ssrc, perSecond, count }, answers
// with microseconds from sending to each arrival, and between the two.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { quantile } from '../lib/statistics.mjs';

const packetSize = 1100;
const payloadType = 101;
/** How long the last packets may take, milliseconds. */
const patience = 300;

const senders = new Map();
const arrivals = { beside: [], behind: [] };
const sockets = { beside: await receiver('beside'), behind: await receiver('behind') };
let sent = [];
/** Counts turns of the event loop. */
let turn = 0;
/** Numbers go on from one measurement to the next, as those of a stream do. */
let sequence = 0;
let first = 0;

async function receiver(place) {
  const socket = createSocket('udp4');
  socket.on('message', (packet) => {
    // RTCP comes by the same port; RFC 5761 tells it apart.
    if (packet[1] >= 192 && packet[1] <= 223) return;
    const index = packet.readUInt32BE(packet.length - 4) - first;
    if (index >= 0) arrivals[place][index] ??= { at: performance.now(), turn };
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Connected, so that no packet waits for its address to be looked up. */
async function senderTo(port) {
  const socket = createSocket('udp4');
  senders.set(port, socket);
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

function send(socket, ssrc) {
  const packet = Buffer.alloc(packetSize, 1);
  packet[0] = 0x80;
  packet[1] = payloadType;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE((sequence * 960) >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
  packet.writeUInt32BE(sequence, packetSize - 4);
  sequence += 1;
  sent.push(performance.now());
  socket.send(packet);
}

async function measure({ port, ssrc, perSecond, count }) {
  sent = [];
  first = sequence;
  arrivals.beside = [];
  arrivals.behind = [];
  const socket = senders.get(port) ?? (await senderTo(port));
  const interval = 1000 / perSecond;
  let next = performance.now();
  // Never sleeps: waking up would take longer than what is measured, and hide it.
  while (sent.length < count || performance.now() < next + patience) {
    if (sent.length < count && performance.now() >= next) {
      send(socket, ssrc);
      // What is late is not made up for: packets of a burst would wait for one another.
      next = performance.now() + interval;
    }
    turn += 1;
    await setImmediate();
  }
  const whole = sent.flatMap((at, index) => {
    const [beside, behind] = [arrivals.beside[index], arrivals.behind[index]];
    return beside === undefined || behind === undefined ? [] : [{ at, beside, behind }];
  });
  // Those that were found together lay waiting while this process had no core.
  const apart = whole.filter(({ beside, behind }) => beside.turn !== behind.turn);
  return {
    delivered: whole.length / count,
    apart: apart.length / whole.length,
    beside: inMicroseconds(apart.map(({ at, beside }) => beside.at - at)),
    behind: inMicroseconds(apart.map(({ at, behind }) => behind.at - at)),
    added: inMicroseconds(apart.map(({ beside, behind }) => behind.at - beside.at)),
  };
}

function inMicroseconds(delays) {
  return { p50: quantile(delays, 0.5) * 1000, p99: quantile(delays, 0.99) * 1000 };
}

process.on('message', async (request) => process.send(await measure(request)));
process.on('disconnect', () => process.exit());
process.send({
  beside: sockets.beside.address().port,
  behind: sockets.behind.address().port,
});
