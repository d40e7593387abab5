/** Gives to all who ask within a time what the first of them was told. */
export class Cached<T, Args extends unknown[] = []> {
  readonly #ask: (...args: Args) => Promise<T>;
  readonly #lifetime: number;
  #answer: Promise<T> | undefined;
  #asked = 0;

  /** @param lifetime - Milliseconds that an answer counts, from the question on. */
  constructor(ask: (...args: Args) => Promise<T>, lifetime: number) {
    this.#ask = ask;
    this.#lifetime = lifetime;
  }

  get(...args: Args): Promise<T> {
    const now = performance.now();

    if (!this.#answer || now - this.#asked >= this.#lifetime) {
      const answer = this.#ask(...args);

      this.#asked = now;
      this.#answer = answer;
      // An error is told to those who waited for it, and not to those who come later.
      answer.catch(() => {
        if (this.#answer === answer) {
          this.#answer = undefined;
        }
      });
    }

    return this.#answer;
  }
}
