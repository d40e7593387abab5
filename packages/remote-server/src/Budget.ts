import { LimitExceededError } from '@tureen/protocol';

/** Counts what a session takes of this process's memory, by estimate. */
export class Budget {
  readonly #limit: number;
  #used = 0;

  /** @param limit - Bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes. */
  get used(): number {
    return this.#used;
  }

  /** @throws {@link LimitExceededError} if there is not so much left; nothing is taken then. */
  take(bytes: number): void {
    if (bytes > 0 && this.#used + bytes > this.#limit) {
      throw new LimitExceededError(
        `this session may take ${this.#limit} bytes of the server's memory, and has ` +
          `${Math.max(0, this.#limit - this.#used)} left: ${bytes} are too many`,
      );
    }
    this.#used += bytes;
  }

  /** Counts what is there already, be it too much, or (if negative) has gone. */
  count(bytes: number): void {
    this.#used += bytes;
  }
}
