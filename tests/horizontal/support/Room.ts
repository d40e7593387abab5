import type { types } from 'mediasoup';
import { until } from '../../support/events.js';
import { mediaCodecs, videoProducer } from '../../support/media.js';
import { consume, plainReceiver, plainSender } from '../../support/plain.js';
import { VideoStream } from '../../support/rtp.js';

/** A room with a stream that runs all the time, on a worker of its own, moved when it has to be. */
export class Room {
  #worker!: types.Worker;
  #received: () => number = () => 0;
  #consumer!: types.Consumer;
  #stream: VideoStream | undefined;
  /** How often it has been set up. */
  generation = 0;

  private constructor(
    private readonly mediasoup: types.Index,
    private readonly ssrc: number,
  ) {}

  static async open(mediasoup: types.Index, ssrc: number): Promise<Room> {
    const room = new Room(mediasoup, ssrc);

    await room.setUp();

    return room;
  }

  get worker(): types.Worker {
    return this.#worker;
  }

  get consumer(): types.Consumer {
    return this.#consumer;
  }

  /** Packets that have come through since it was set up last. */
  get received(): number {
    return this.#received();
  }

  /** Sets it up on a worker that it gets now; then, if it had one, closes that. */
  async setUp(): Promise<void> {
    const before = { worker: this.#worker as types.Worker | undefined, stream: this.#stream };
    const worker = await this.mediasoup.createWorker();
    const router = await worker.createRouter({ mediaCodecs });
    const { transport, send } = await plainSender(router);
    const producer = await transport.produce(videoProducer(this.ssrc));
    const receiver = await plainReceiver(router);

    this.#consumer = await consume(receiver.transport, producer);
    this.#worker = worker;
    this.#received = () => receiver.peer.rtp.length;
    this.#stream = new VideoStream(this.ssrc, send);
    this.#stream.start();
    this.generation += 1;
    before.stream?.stop();
    before.worker?.close();
  }

  /** Waits for more than there is. */
  async flows(): Promise<void> {
    const { received } = this;

    await until('video comes through', () => this.received > received + 3);
  }

  close(): void {
    this.#stream?.stop();
    this.#worker.close();
  }
}
