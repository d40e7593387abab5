import { decodeFrame, encodeForeign, encodeMessage } from './codec.js';
import { ProtocolError } from './errors.js';
import type { Message } from './frames.js';
import type { Link } from './Link.js';
import { Outbox } from './Outbox.js';

export interface PeerOptions {
  /** Look at bytes before decoding them. Default true. */
  untrusted?: boolean;
  /** What is sent holds values of the application's, which may not be able to travel. */
  foreign?: boolean;
  /** All messages of one frame, in order. May throw {@link ProtocolError}. */
  onMessages(messages: Message[]): void;
  /** Once, when the link has gone or the other end broke the protocol. */
  onClose(reason: string, error?: ProtocolError): void;
}

/** One end of a link that speaks in messages instead of bytes. */
export class Peer {
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #options: PeerOptions;
  #sequence = 0;
  #closed = false;

  constructor(link: Link, options: PeerOptions) {
    this.#link = link;
    this.#outbox = new Outbox(link);
    this.#options = options;
    link.onFrame = (frame) => this.#receive(frame);
    link.onClose = (reason) => this.#finish(reason);
  }

  /** Bytes that wait to leave. */
  get backlog(): number {
    return this.#outbox.backlog;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Encodes the message now; it leaves with all others of this tick. */
  send(message: Message, patient = false): void {
    if (!this.#closed) {
      const encode = this.#options.foreign ? encodeForeign : encodeMessage;

      this.#outbox.push(encode(message), patient);
    }
  }

  /** Sends what waits and closes the link. */
  close(reason = ''): void {
    if (!this.#closed) {
      this.#outbox.flush();
      this.#link.close(reason);
      this.#finish(reason);
    }
  }

  #receive(data: Buffer): void {
    if (this.#closed) {
      return;
    }
    try {
      const { sequence, messages } = decodeFrame(data, this.#options.untrusted ?? true);

      if (sequence !== this.#sequence + 1) {
        throw new ProtocolError(`frame ${sequence} after frame ${this.#sequence}`);
      }
      this.#sequence = sequence;
      this.#options.onMessages(messages);
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      // Going on after a breach would mean guessing what the other end believes.
      this.#outbox.flush();
      this.#link.close(error.message);
      this.#finish(error.message, error);
    }
  }

  #finish(reason: string, error?: ProtocolError): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#outbox.close();
    this.#link.onFrame = undefined;
    this.#options.onClose(reason, error);
  }
}
