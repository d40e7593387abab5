import { encodeFrame, maxMessages } from './codec.js';
import { ProtocolError } from './errors.js';
import type { Link } from './Link.js';

/**
 * How a message leaves.
 * - `prompt`: with all others of this tick.
 * - `patient`: with what other callbacks of this turn of the event loop have to say.
 * - `lossy`: as `patient`, but not at all if there is no link; never sent twice.
 */
export type Urgency = 'prompt' | 'patient' | 'lossy';

/** What may wait for the other end's acknowledgement. */
export interface Retention {
  /** Frames. Default 65536. */
  frames?: number;
  /** Bytes. Default 16 MiB. */
  bytes?: number;
}

export interface OutboxOptions extends Retention {
  /** Sequence of the last numbered frame that came from the other end. */
  acknowledged(): number;
  /** More waits than may be kept. */
  onOverflow(): void;
}

/**
 * Bytes from which on what waits leaves in a frame of its own. A burst in one tick may be any
 * size, and the other end refuses frames beyond its limits: over every link, again and again. So
 * few bytes cannot be more values than it takes either.
 */
const fullFrame = 256 * 1024;

/** Bytes of lossy messages that may be on their way besides: twice the backlog that drops them. */
const roomForLossy = 16 * 1024 * 1024;

/** Of what may be kept, what calls and messages may take; the rest is for the news of closings. */
const roomForCalls = 3 / 4;

interface Kept {
  sequence: number;
  frame: Buffer;
}

/**
 * Gathers encoded messages into frames, since a write costs more than what is written; numbers the
 * frames; and keeps each until the other end has acknowledged it, whatever becomes of links.
 */
export class Outbox {
  readonly #options: Required<OutboxOptions>;
  #link: Link | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #waitingLossy = false;
  #kept: Kept[] = [];
  #keptBytes = 0;
  #sequence = 0;
  #flushScheduled: 'tick' | 'turn' | undefined;
  #closed = false;
  readonly #flush = () => this.flush();

  constructor(options: OutboxOptions) {
    this.#options = { frames: 65_536, bytes: 16 * 1024 * 1024, ...options };
  }

  /** Bytes that the link has not got rid of. */
  get backlog(): number {
    return this.#link?.bufferedAmount ?? 0;
  }

  /** Frames that the other end has not acknowledged. */
  get kept(): number {
    return this.#kept.length;
  }

  /** Nothing more should be sent that can be refused. */
  get full(): boolean {
    const { frames, bytes } = this.#options;

    return (
      this.#kept.length >= frames * roomForCalls ||
      this.#keptBytes + this.#waitingBytes >= bytes * roomForCalls
    );
  }

  push(message: Buffer, urgency: Urgency): void {
    const lossy = urgency === 'lossy';

    if (this.#closed || (lossy && !this.#link)) {
      return;
    }

    const full =
      this.#waitingBytes + message.length > fullFrame || this.#waiting.length >= maxMessages;

    // Lossy and other messages never share a frame, and never overtake each other.
    if (this.#waiting.length > 0 && (this.#waitingLossy !== lossy || full)) {
      this.#seal();
    }
    this.#waitingLossy = lossy;
    this.#waiting.push(message);
    this.#waitingBytes += message.length;
    this.#schedule(urgency);
  }

  /** Sends what waits now. */
  flush(): void {
    this.#flushScheduled = undefined;
    if (this.#waiting.length > 0 && !this.#closed) {
      this.#seal();
    }
  }

  /** Tells the other end what came, though there is nothing else to say. */
  acknowledge(): void {
    if (!this.#closed) {
      this.#link?.send(encodeFrame(0, this.#options.acknowledged(), []));
    }
  }

  /**
   * The other end has everything up to this sequence.
   *
   * @throws {@link ProtocolError} if nothing with this sequence has been sent: whoever says so
   *   could make the frames that are kept, and the bound on them, meaningless.
   */
  acknowledged(sequence: number): void {
    let count = 0;

    if (sequence > this.#sequence) {
      throw new ProtocolError(`acknowledges frame ${sequence} of ${this.#sequence}`);
    }

    for (const { sequence: kept, frame } of this.#kept) {
      if (kept > sequence) {
        break;
      }
      this.#keptBytes -= frame.length;
      count += 1;
    }
    if (count > 0) {
      this.#kept.splice(0, count);
    }
  }

  /** A new link to an other end that has everything up to `received`: sends it the rest. */
  attach(link: Link, received: number): void {
    this.#link = link;
    this.acknowledged(received);
    for (const { frame } of this.#kept) {
      link.send(frame);
    }
  }

  detach(): void {
    this.#link = undefined;
    if (this.#waitingLossy) {
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
  }

  /** Drops everything; nothing more is sent. */
  close(): void {
    this.#closed = true;
    this.#link = undefined;
    this.#waiting = [];
    this.#kept = [];
    this.#keptBytes = 0;
  }

  #schedule(urgency: Urgency): void {
    if (urgency === 'prompt' && this.#flushScheduled !== 'tick') {
      this.#flushScheduled = 'tick';
      process.nextTick(this.#flush);
    } else if (this.#flushScheduled === undefined) {
      this.#flushScheduled = 'turn';
      setImmediate(this.#flush);
    }
  }

  /** Makes a frame of what waits. */
  #seal(): void {
    const messages = this.#waiting;
    const acknowledged = this.#options.acknowledged();

    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#waitingLossy) {
      this.#link?.send(encodeFrame(0, acknowledged, messages));

      return;
    }
    this.#sequence += 1;

    const frame = encodeFrame(this.#sequence, acknowledged, messages);

    this.#kept.push({ sequence: this.#sequence, frame });
    this.#keptBytes += frame.length;
    this.#link?.send(frame);
    if (this.#overflows()) {
      this.#options.onOverflow();
    }
  }

  #overflows(): boolean {
    const { frames, bytes } = this.#options;

    return (
      this.#kept.length > frames ||
      this.#keptBytes > bytes ||
      // What was acknowledged has left, unless the acknowledgement was a lie.
      this.backlog > bytes + roomForLossy
    );
  }
}
