import { median, summary } from './statistics.mjs';

/** How far measured round trips may be above theory: timers and sockets of the proxy add to each. */
export const tolerance = 1.1;

/**
 * How often operations have crossed a delaying proxy: whatever else the machine does only adds time, so
 * the least of several runs tells it.
 *
 * @param measured - Rows with the `milliseconds` of each run, and whatever else they are to keep.
 * @param units - Milliseconds of single calls, made beside them.
 */
export function inRoundTrips(measured, units) {
  const unit = Math.min(...units);
  return {
    unit,
    rows: measured.map(({ milliseconds, ...row }) => ({
      ...row,
      milliseconds: median(milliseconds),
      least: Math.min(...milliseconds) / unit,
      roundTrips: summary(milliseconds.map((value) => value / unit)),
    })),
  };
}
