import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { loopback, mediaCodecs, plainAudio } from './payloads.mjs';

const ssrc = 4242;
const payloadType = 101;
const packetSize = 60;
const interval = 5;
/** Milliseconds that are looked at for a gap. */
const watched = 400;

/** RTP in by one plain transport and out by another: what arrives, and when. */
export class MediaThrough {
  #out = createSocket('udp4');
  #in = createSocket('udp4');
  #port;
  #sent = 0;
  #arrived = new Set();
  #lastArrival = performance.now();
  #longest = 0;
  #timer;

  static async start(worker) {
    const media = new MediaThrough();
    await media.#build(worker);
    return media;
  }

  async #build(worker) {
    const router = await worker.createRouter({ mediaCodecs });
    const from = await router.createPlainTransport({ listenInfo: loopback, comedia: true });
    const to = await router.createPlainTransport({ listenInfo: loopback, rtcpMux: true });
    this.#in.bind(0, '127.0.0.1');
    await once(this.#in, 'listening');
    await to.connect({ ip: '127.0.0.1', port: this.#in.address().port });
    const producer = await from.produce(plainAudio(ssrc));
    await to.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
    this.#port = from.tuple.localPort;
    this.#in.on('message', (packet) => this.#receive(packet));
    const first = once(this.#in, 'message');
    this.#timer = setInterval(() => this.#send(), interval);
    await first;
  }

  #send() {
    const packet = Buffer.alloc(packetSize, 1);
    this.#sent += 1;
    packet[0] = 0x80;
    packet[1] = payloadType;
    packet.writeUInt16BE(this.#sent & 0xffff, 2);
    packet.writeUInt32BE((this.#sent * 240) >>> 0, 4);
    packet.writeUInt32BE(ssrc, 8);
    // Its own number, which nothing on the way changes.
    packet.writeUInt32BE(this.#sent, packet.length - 4);
    this.#out.send(packet, this.#port, '127.0.0.1');
  }

  #receive(packet) {
    if (isRtcp(packet)) return;
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#lastArrival);
    this.#lastArrival = now;
    this.#arrived.add(packet.readUInt32BE(packet.length - 4));
  }

  /** Milliseconds between two arrivals at the most, from now on for a while. */
  async longestGap() {
    this.#longest = 0;
    await new Promise((resolve) => setTimeout(resolve, watched));
    return this.#longest;
  }

  /** Packets sent, and those of them that never came. */
  async stop() {
    clearInterval(this.#timer);
    await new Promise((resolve) => setTimeout(resolve, watched));
    this.#out.close();
    this.#in.close();
    // Those before the first that came had no consumer yet.
    const first = Math.min(...this.#arrived);
    return { sent: this.#sent - first + 1, lost: this.#sent - first + 1 - this.#arrived.size };
  }
}

/** It comes by the same port; RFC 5761 tells it apart. */
function isRtcp(packet) {
  return packet[1] >= 192 && packet[1] <= 223;
}
