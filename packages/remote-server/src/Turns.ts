import { ProtocolError, type CallMessage } from '@tureen/protocol';

export interface TurnsOptions {
  /** Resolves when the call has been answered; rejects if the answer is a failure. */
  call(message: CallMessage): Promise<void>;
  /** Answers a call that is not made. */
  fail(message: CallMessage, error: unknown): void;
  /**
   * Makes room for a call that waits; the function returned gives it back.
   *
   * @throws LimitExceededError
   */
  hold(message: CallMessage): () => void;
  /** Nobody is there any more to be answered, or to have what a call creates. */
  ended(): boolean;
  /** A call made no sense, as was seen when its turn came. */
  breach(error: unknown): void;
}

/**
 * Lets a call wait for another one that has not been answered yet, as when it is on what that one
 * creates, and fail with it.
 */
export class Turns {
  /** Calls that create objects, by their ids. */
  readonly #answers = new Map<number, Promise<void>>();

  constructor(private readonly options: TurnsOptions) {}

  /**
   * At once, unless it is to come after another one that has not been answered.
   *
   * @throws ProtocolError for a call without an id.
   */
  take(message: CallMessage): void {
    const [, id, , , , childHandle, after] = message;

    if (!Number.isSafeInteger(id)) {
      throw new ProtocolError('call without an id');
    }

    const earlier = after === undefined ? undefined : this.#answers.get(after);
    const answered = earlier ? this.#callAfter(earlier, message) : this.options.call(message);
    const over = () => this.#answers.delete(id);

    if (childHandle !== undefined) {
      this.#answers.set(id, answered);
    }
    // Whoever called has been told.
    answered.then(over, over);
  }

  async #callAfter(earlier: Promise<void>, message: CallMessage): Promise<void> {
    const { fail, hold } = this.options;

    try {
      const release = hold(message);

      await earlier.finally(release);
    } catch (error) {
      fail(message, error);
      throw error;
    }
    if (!this.options.ended()) {
      await this.#callLate(message);
    }
  }

  #callLate(message: CallMessage): Promise<void> {
    try {
      return this.options.call(message);
    } catch (error) {
      this.options.breach(error);
      throw error;
    }
  }
}
