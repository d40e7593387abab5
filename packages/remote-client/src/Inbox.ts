import { MessageType, type Message } from '@tureen/protocol';

export interface InboxOptions {
  process(message: Message): void;
  /** Object that a call under way was made on. */
  calledObject(callId: number): number | undefined;
}

/**
 * Hands messages on in their order, at the pace of mediasoup's own channel: whoever waited for an
 * answer runs before anything that came after it, so that handlers attached after
 * `await transport.consume()` miss no event (https://github.com/versatica/mediasoup/issues/510).
 */
export class Inbox {
  readonly #options: InboxOptions;
  #queue: Message[] = [];
  #next = 0;
  #answered = false;
  #scheduled = false;
  readonly #goOn = () => {
    this.#scheduled = false;
    this.#answered = false;
    this.#drain();
  };

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  receive(messages: Message[]): void {
    this.#queue = this.#next < this.#queue.length ? this.#queue.concat(messages) : messages;
    this.#next = this.#queue === messages ? 0 : this.#next;
    if (!this.#scheduled) {
      this.#drain();
    }
  }

  /** Forgets what waits. */
  close(): void {
    this.#queue = [];
    this.#next = 0;
  }

  #drain(): void {
    let message: Message | undefined;

    while ((message = this.#queue[this.#next])) {
      if (isAnswer(message)) {
        this.#answered = true;
      } else if (this.#answered && !this.#belongsToAnswer(message)) {
        this.#scheduled = true;
        setImmediate(this.#goOn);

        return;
      }
      this.#next += 1;
      this.#options.process(message);
    }
    // Answers of one frame may still be on their way to those who wait for them.
    if (this.#answered && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#goOn);
    }
  }

  /**
   * Whether the message is an effect of a call whose answer comes right after it, such as the
   * 'pause' event of pause(). mediasoup emits those without a pause before the answer.
   */
  #belongsToAnswer(message: Message): boolean {
    const handle = message[1];

    for (let index = this.#next + 1; index < this.#queue.length; index += 1) {
      const later = this.#queue[index] as Message;

      if (isAnswer(later)) {
        return this.#options.calledObject(later[1] as number) === handle;
      }
      if (later[1] !== handle) {
        return false;
      }
    }

    return false;
  }
}

function isAnswer(message: Message): boolean {
  return message[0] === MessageType.reply || message[0] === MessageType.failure;
}
