import { encodeFrame } from './codec.js';
import type { Link } from './Link.js';

/**
 * Gathers encoded messages and lets all of one tick leave in one frame: a write costs more than
 * what is written.
 *
 * The place where resume belongs: frames are numbered here, and here those that the other end
 * has not acknowledged would be kept.
 */
export class Outbox {
  readonly #link: Link;
  #waiting: Buffer[] = [];
  #sequence = 0;
  #flushScheduled = false;
  #closed = false;
  readonly #flush = () => this.flush();

  constructor(link: Link) {
    this.#link = link;
  }

  /** Bytes that the link has not got rid of. */
  get backlog(): number {
    return this.#link.bufferedAmount;
  }

  /**
   * @param patient - Also wait for what other callbacks of this turn of the event loop have to
   *   say. For events of high rate; calls and replies should not wait that long.
   */
  push(message: Buffer, patient = false): void {
    if (this.#closed) {
      return;
    }
    this.#waiting.push(message);

    if (!patient && !this.#flushScheduled) {
      this.#flushScheduled = true;
      process.nextTick(this.#flush);
    } else if (patient && this.#waiting.length === 1) {
      setImmediate(this.#flush);
    }
  }

  /** Sends what waits now. */
  flush(): void {
    this.#flushScheduled = false;

    if (this.#waiting.length > 0 && !this.#closed) {
      const messages = this.#waiting;

      this.#waiting = [];
      this.#sequence += 1;
      this.#link.send(encodeFrame(this.#sequence, messages));
    }
  }

  /** Drops what waits; nothing more is sent. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }
}
