// Whether the figures of a soak stay where they are.

/** What may be more at the end than at the beginning, as a share and as an amount. */
const allowances = {
  rss: { share: 0.15, amount: 10 * 1024 * 1024 },
  heap: { share: 0.1, amount: 5 * 1024 * 1024 },
  handles: { share: 0.1, amount: 6 },
  fds: { share: 0.1, amount: 4 },
};

/** Share of the samples at the beginning in which caches and heaps are still filling. */
const warmUp = 0.25;

const ordered = (values) => [...values].sort((a, b) => a - b);
const median = (values) => ordered(values)[Math.floor(values.length / 2)];
/** Of a heap: what is left after its garbage has been collected. */
const floor = (values) => ordered(values)[Math.floor(values.length / 10)];

/**
 * Compares the second quarter of the samples with the last one.
 *
 * @returns A line for each figure: `{ side, figure, from, to, flat }`.
 */
export function judge(samples) {
  const quarter = Math.floor(samples.length * warmUp);
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);

  return ['daemon', 'app'].flatMap((side) =>
    Object.entries(allowances).map(([figure, { share, amount }]) => {
      const typical = figure === 'heap' ? floor : median;
      const from = typical(early.map((sample) => sample[side][figure]));
      const to = typical(late.map((sample) => sample[side][figure]));

      return { side, figure, from, to, flat: to <= from * (1 + share) + amount };
    }),
  );
}
