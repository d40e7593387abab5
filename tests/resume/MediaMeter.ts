import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import { isRtcp, RtpPacket } from 'werift';
import { audioProducer } from '../support/media.js';
import { consume, plainSender } from '../support/plain.js';
import { AudioStream } from '../support/rtp.js';
import { loopback } from '../support/media.js';

/** Sends a numbered packet through a router every few milliseconds, and looks what comes out. */
export class MediaMeter {
  readonly #stream: AudioStream;
  readonly #sentAt: number[] = [];
  /** By number of the packet. */
  readonly #arrivedAt = new Map<number, number>();

  private constructor(send: (packet: Buffer) => void) {
    this.#stream = new AudioStream(
      7777,
      (packet) => {
        if (!isRtcp(packet)) {
          this.#sentAt.push(performance.now());
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
    const sink = createSocket('udp4').bind(0, '127.0.0.1');

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

  stop(): void {
    this.#stream.stop();
  }

  #arrived(data: Buffer): void {
    if (!isRtcp(data)) {
      this.#arrivedAt.set(RtpPacket.deSerialize(data).payload.readUInt32BE(), performance.now());
    }
  }
}
