export interface ReservationsOptions {
  /** Milliseconds in which what was held fades to nothing. Default 20000. */
  rampUp?: number;
  /** Milliseconds of a clock that never goes back. Default: `performance.now()`. */
  now?: () => number;
}

interface Held {
  readonly since: number;
  percent: number;
}

/** So many moments are told apart within a ramp-up: a crowd that joins at once needs little memory. */
const moments = 200;

/**
 * Percent of one core held for what joined a worker too lately to be seen in its measured CPU.
 * What was held fades evenly, while the measurement comes to tell the truth. Keeps no timer.
 */
export class Reservations {
  readonly #rampUp: number;
  readonly #now: () => number;
  /** Oldest first. */
  #held: Held[] = [];

  /** @throws TypeError for a ramp-up that is not above 0. */
  constructor({ rampUp = 20_000, now = () => performance.now() }: ReservationsOptions = {}) {
    if (!(rampUp > 0 && rampUp < Infinity)) {
      throw new TypeError(`rampUp must be a number above 0, not ${rampUp}`);
    }
    this.#rampUp = rampUp;
    this.#now = now;
  }

  /** What is held now, percent of one core. */
  get percent(): number {
    const now = this.#now();

    this.#forget(now);

    const percent = this.#held.reduce(
      (sum, { since, percent }) => sum + percent * (1 - (now - since) / this.#rampUp),
      0,
    );

    // What was released leaves the rest of a rounding.
    return Math.max(0, percent);
  }

  /**
   * Holds something from now on.
   *
   * @param percent - Of one core.
   * @returns Call it if what was to come will not, or has gone, before the ramp-up is over.
   */
  hold(percent: number): () => void {
    const held = this.#heldAt(this.#now());
    let released = false;

    held.percent += percent;

    return () => {
      if (!released) {
        released = true;
        held.percent -= percent;
      }
    };
  }

  /** Holds nothing any more, as for a worker that has gone. */
  clear(): void {
    this.#held = [];
  }

  #heldAt(now: number): Held {
    const last = this.#held.at(-1);

    if (last && now - last.since < this.#rampUp / moments) {
      return last;
    }
    this.#forget(now);

    const held = { since: now, percent: 0 };

    this.#held.push(held);

    return held;
  }

  #forget(now: number): void {
    const first = this.#held.findIndex(({ since }) => now - since < this.#rampUp);

    this.#held = first < 0 ? [] : this.#held.slice(first);
  }
}
