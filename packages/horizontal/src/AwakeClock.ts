/** Milliseconds by which a process is late now and then without having stood still. */
const usual = 1000;

/**
 * A clock that stands still while this process does: whoever was held up for seconds, by its own work
 * or on a machine that was suspended, has heard nobody meanwhile, and that says nothing of them.
 */
export class AwakeClock {
  readonly #interval: number;
  #seen = performance.now();
  #missed = 0;

  /** @param interval - Milliseconds within which somebody looks at it as long as this process runs. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /** Milliseconds since some moment, without those in which this process stood still. */
  now(): number {
    const now = performance.now();
    const late = now - this.#seen - this.#interval;

    if (late > Math.max(this.#interval, usual)) {
      this.#missed += late;
    }
    this.#seen = now;

    return now - this.#missed;
  }
}
