/** A small generator of pseudo-random numbers: the same seed gives the same numbers for ever. */
export class Random {
  #state: number;

  /** @param seed - Any integer; neighbouring seeds give unrelated numbers. */
  constructor(seed: number) {
    // The finalizer of MurmurHash3, since xorshift is slow to leave a state with few bits.
    let state = seed >>> 0;

    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    this.#state = (state ^ (state >>> 16)) >>> 0 || 0x9e3779b9;
  }

  /** From 0 to limit - 1. */
  below(limit: number): number {
    let state = this.#state;

    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;

    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  /** From min to max, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True this often, from 0 to 1. */
  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Each item as often as its weight says. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let rest = this.below(items.reduce((sum, [weight]) => sum + weight, 0));

    for (const [weight, item] of items) {
      rest -= weight;
      if (rest < 0) {
        return item;
      }
    }
    throw new RangeError('nothing to choose from');
  }
}
