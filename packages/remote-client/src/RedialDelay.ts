/** How long to wait before the next attempt: doubling, and never quite the same for two clients. */
export class RedialDelay {
  readonly #min: number;
  readonly #max: number;
  #attempts = 0;

  /** @param min - First delay, milliseconds. @param max - Longest delay, milliseconds. */
  constructor(min: number, max: number) {
    this.#min = min;
    this.#max = max;
  }

  /** Milliseconds: between half and all of the delay that this attempt would have without jitter. */
  next(): number {
    const delay = Math.min(this.#max, this.#min * 2 ** this.#attempts);

    this.#attempts += 1;

    return delay * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.#attempts = 0;
  }
}
