/**
 * Chance that is the same for the same seed: a linear congruential generator, of which only the
 * upper bits are used.
 *
 * @param {number} seed - A whole number.
 * @returns {{ below(limit: number): number }} A whole number from 0 to limit - 1.
 */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return {
    below: (limit) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    },
  };
}
