import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import { isRtcp, RtpPacket } from 'werift';
import { audioProducer } from '../support/media.js';
import { consume, plainSender } from '../support/plain.js';
import { AudioStream, RECEIVE_BUFFER } from '../support/rtp.js';
import { loopback } from '../support/media.js';

/** Sends a numbered packet through a router every few milliseconds, and looks what comes out. */
export class MediaMeter {
  readonly #stream: AudioStream;
  readonly #sentAt: number[] = [];
  /** By number of the packet. */
  readonly #arrivedAt = new Map<number, number>();
  #worstPause = 0;

  private constructor(send: (packet: Buffer) => void) {
    this.#stream = new AudioStream(
      7777,
      (packet) => {
        if (!isRtcp(packet)) {
          this.#noteSent(performance.now());
        }
        send(packet);
      },
      { intervalMs: 5 },
    );
  }

  /** @param router - The one that the media goes through, from one plain transport to another. */
  static async start(router: types.Router): Promise<MediaMeter> {
    const sender = await plainSender(router);
    const producer = await sender.transport.produce(audioProducer(7777));
    const sink = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER });

    sink.bind(0, '127.0.0.1');
    await once(sink, 'listening');
    onTestFinished(() => new Promise((resolve) => sink.close(() => resolve())));

    const transport = await router.createPlainTransport({ listenInfo: loopback, rtcpMux: true });

    await transport.connect({ ip: '127.0.0.1', port: sink.address().port });
    await consume(transport, producer);

    const meter = new MediaMeter(sender.send);

    sink.on('message', (data) => meter.#arrived(data));
    meter.#stream.start();

    return meter;
  }

  /** Packets that have come out so far. */
  get arrived(): number {
    return this.#arrivedAt.size;
  }

  get sent(): number {
    return this.#sentAt.length;
  }

  /** The longest that any packet has taken, in milliseconds. */
  get worstLatency(): number {
    return [...this.#arrivedAt].reduce(
      (worst, [number, at]) => Math.max(worst, at - (this.#sentAt[number] ?? 0)),
      0,
    );
  }

  /** The longest that this process itself had no turn to send or to receive, in milliseconds. */
  get worstPause(): number {
    return this.#worstPause;
  }

  stop(): void {
    this.#stream.stop();
  }

  #noteSent(now: number): void {
    this.#worstPause = Math.max(this.#worstPause, now - (this.#sentAt.at(-1) ?? now));
    this.#sentAt.push(now);
  }

  #arrived(data: Buffer): void {
    if (!isRtcp(data)) {
      this.#arrivedAt.set(RtpPacket.deSerialize(data).payload.readUInt32BE(), performance.now());
    }
  }
}
