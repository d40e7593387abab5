import { decodeFrame, encodeForeign, encodeMessage } from './codec.js';
import { BacklogError, MessageTooBigError, ProtocolError, type ConnectionError } from './errors.js';
import type { Message } from './frames.js';
import type { Link } from './Link.js';
import { Outbox, type Retention, type Urgency } from './Outbox.js';

export interface PeerOptions {
  /** Look at bytes before decoding them. Default true. */
  untrusted?: boolean;
  /** What is sent holds values of the application's, which may not be able to travel. */
  foreign?: boolean;
  retention?: Retention;
  /** Bytes of one message. Default: any. */
  maxMessage?: number;
  /** Messages of one frame, in order. May throw {@link ProtocolError}. */
  onMessages(messages: Message[]): void;
  /** The link has gone. Another may be attached. */
  onDetached(reason: string): void;
  /** There is no going on: the other end broke the protocol, or too much waits for it. */
  onBroken(error: ConnectionError): void;
}

/** Frames that may come before they are acknowledged, if nothing is to be sent anyway. */
const framesPerAcknowledgement = 32;
/** Milliseconds after which what came is acknowledged in any case. */
const acknowledgementDelay = 500;

/**
 * One end of a conversation that outlives its links: every message arrives once and in order,
 * over whichever link there is, as long as one comes in time.
 */
export class Peer {
  readonly #outbox: Outbox;
  readonly #options: PeerOptions;
  #link: Link | undefined;
  #received = 0;
  #acknowledged = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#outbox = new Outbox({
      ...options.retention,
      acknowledged: () => this.#takeReceived(),
      onOverflow: () => this.#break(new BacklogError('too much waits for the other end')),
    });
  }

  /** Sequence of the last numbered frame that came. */
  get received(): number {
    return this.#received;
  }

  /** Bytes that the link has not got rid of. */
  get backlog(): number {
    return this.#outbox.backlog;
  }

  /** Frames that the other end has not acknowledged. */
  get unacknowledged(): number {
    return this.#outbox.kept;
  }

  /** So much waits for the other end that nothing more should be sent that can be refused. */
  get full(): boolean {
    return this.#outbox.full;
  }

  get attached(): boolean {
    return this.#link !== undefined;
  }

  /**
   * Goes on over a link whose other end is known to speak for the same session.
   *
   * @param received - Sequence of the last numbered frame that the other end got.
   */
  attach(link: Link, received: number): void {
    this.#detach()?.close('replaced by a newer connection');
    this.#link = link;
    link.onFrame = (frame) => this.#receive(frame);
    link.onClose = (reason) => {
      if (this.#link === link) {
        this.#detach();
        this.#options.onDetached(reason);
      }
    };
    try {
      this.#outbox.attach(link, received);
    } catch (error) {
      this.#break(error as ProtocolError);
    }
  }

  /**
   * Encodes the message now.
   *
   * @throws {@link MessageTooBigError} beyond the option `maxMessage`, or if it holds more values
   *   than the other end takes.
   */
  send(message: Message, urgency: Urgency = 'prompt'): void {
    if (this.#closed) {
      return;
    }

    const { foreign, maxMessage = Infinity } = this.#options;
    const encoded = foreign ? encodeForeign(message) : encodeMessage(message);

    if (encoded.length > maxMessage) {
      throw new MessageTooBigError(`message of ${encoded.length} bytes; ${maxMessage} are allowed`);
    }
    this.#outbox.push(encoded, urgency);
  }

  /** Sends what waits and closes the link, if there is one. Nobody is called back. */
  close(reason = ''): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#outbox.flush();
      this.#detach()?.close(reason);
      this.#outbox.close();
    }
  }

  /** Whatever it was that this end stumbled over, the other end sent it: nobody else shall fall. */
  fail(error: unknown): void {
    this.#break(
      error instanceof ProtocolError
        ? error
        : new ProtocolError(`message without sense: ${(error as Error).message}`, { cause: error }),
    );
  }

  #receive(data: Buffer): void {
    try {
      const frame = decodeFrame(data, this.#options.untrusted ?? true);

      this.#outbox.acknowledged(frame.acknowledged);
      if (frame.sequence === 0) {
        this.#options.onMessages(frame.messages);
      } else if (frame.sequence === this.#received + 1) {
        this.#received = frame.sequence;
        this.#planAcknowledgement();
        this.#options.onMessages(frame.messages);
      } else if (frame.sequence > this.#received) {
        throw new ProtocolError(`frame ${frame.sequence} after frame ${this.#received}`);
      }
      // What came before has been sent again, since its acknowledgement was lost.
    } catch (error) {
      this.fail(error);
    }
  }

  /** Going on after a breach would mean guessing what the other end believes. */
  #break(error: ConnectionError): void {
    if (!this.#closed) {
      this.close(error.message);
      this.#options.onBroken(error);
    }
  }

  #detach(): Link | undefined {
    const link = this.#link;

    this.#link = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#outbox.detach();
    if (link) {
      link.onFrame = undefined;
      link.onClose = undefined;
    }

    return link;
  }

  #planAcknowledgement(): void {
    if (this.#received - this.#acknowledged >= framesPerAcknowledgement) {
      this.#outbox.acknowledge();
    } else if (!this.#timer) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#received > this.#acknowledged) {
          this.#outbox.acknowledge();
        }
      }, acknowledgementDelay);
      this.#timer.unref();
    }
  }

  #takeReceived(): number {
    this.#acknowledged = this.#received;

    return this.#received;
  }
}
