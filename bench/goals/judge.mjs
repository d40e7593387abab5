/** What a section of the results says of the goals. */

/**
 * One line: a value against its limit.
 *
 * @param {{ goal: string, what: string, reached: number | undefined, limit: number,
 *   atLeast?: boolean, floor?: number | string, unit?: string }} line floor: what the machine or
 *   the libraries allow, from the same run
 */
export function judge({ atLeast = false, ...line }) {
  const { reached, limit } = line;
  const measured = Number.isFinite(reached);
  const passed = atLeast ? reached >= limit : reached <= limit;
  return { ...line, atLeast, verdict: !measured ? 'not measured' : passed ? 'reached' : 'MISSED' };
}

/** A line that has no number in this run, and why. */
export function unjudged(goal, what, reason) {
  return { goal, what, verdict: 'n/a', reason };
}
