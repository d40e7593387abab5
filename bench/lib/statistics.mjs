/** The value below which a share of the values lies, between two of them if need be. */
export function quantile(values, share) {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

export function median(values) {
  return quantile(values, 0.5);
}

/** Median and the middle half, as results are kept. */
export function summary(values) {
  return { median: median(values), q25: quantile(values, 0.25), q75: quantile(values, 0.75) };
}

/** The two arms of each round divided, so that what both rounds suffered cancels out. */
export function ratios(numerators, denominators) {
  return numerators.map((value, round) => value / denominators[round]);
}
