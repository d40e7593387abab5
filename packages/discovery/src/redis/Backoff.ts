const shortest = 100;
/** Milliseconds between attempts at the most. */
export const longestDelay = 5000;

/** Delays between attempts: they double, with jitter, from 0.1 s up to 5 s. */
export class Backoff {
  #attempts = 0;

  /** Milliseconds until the next attempt. */
  next(): number {
    const delay = Math.min(longestDelay, shortest * 2 ** this.#attempts);

    this.#attempts += 1;

    return delay * (0.5 + Math.random() / 2);
  }

  /** @param lasted - Milliseconds that the last attempt was a success, if it was one. */
  ended(lasted: number): void {
    if (lasted >= longestDelay) {
      this.#attempts = 0;
    }
  }
}
