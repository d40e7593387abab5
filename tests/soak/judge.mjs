// Whether the figures of a soak stay where they are.

const MiB = 1024 * 1024;
const sides = ['daemon', 'cluster', 'upstream 1', 'upstream 2', 'app'];

/** Names of the processes that samples are of. */
export function sidesOf([sample]) {
  return sides.filter((side) => sample[side] !== undefined);
}

/**
 * What is judged, and how much of it may have come during the judged time.
 *
 * - kept: heap and buffers after all garbage was collected, the measure of a leak: 0.5 MiB in a
 *   quarter of an hour is some 700 bytes a room. Without the code that V8 has compiled: it compiles
 *   more of the program, and better, for as long as half an hour, and there is only so much of it.
 * - resident: what the process takes of the machine, without V8's nursery of young objects. V8
 *   makes that larger (twice as large each time, up to 48 MiB) and smaller as it likes, from
 *   minute to minute; what survives in it is seen in kept.
 */
const judged = {
  kept: {
    of: ({ kept, compiled }) => (kept === undefined ? undefined : kept - compiled),
    allowed: MiB / 2,
  },
  resident: { of: ({ rss, young }) => rss - young, allowed: 4 * MiB },
  handles: { of: ({ handles }) => handles, allowed: 2 },
  fds: { of: ({ fds }) => fds, allowed: 1 },
};

/** Seconds in which code gets compiled, pools get filled and remembered objects become as many as may be. */
const warmUp = 300;
/** Or this share of a run that is shorter than four times that. */
const warmUpShare = 0.25;

function median(values) {
  const ordered = [...values].sort((a, b) => a - b);
  const middle = Math.floor(ordered.length / 2);

  return ordered.length % 2 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
}

/**
 * The median of the slopes between any two points (Theil and Sen's estimate): a trend shows however
 * much the values go up and down, and single ones mean nothing.
 */
function slope(points) {
  const slopes = points.flatMap(([x, y], index) =>
    points.slice(index + 1).map(([laterX, laterY]) => (laterY - y) / (laterX - x)),
  );

  return median(slopes);
}

/**
 * Looks for a trend in what comes after the warm-up.
 *
 * @returns A line for each figure: `{ side, figure, typical, growth, allowed, flat }`; the growth
 *   is that during the judged time, as the trend has it.
 */
export function judge(samples) {
  const end = samples.at(-1).seconds;
  const begin = Math.min(warmUp, end * warmUpShare);
  const late = samples.filter(({ seconds }) => seconds >= begin);

  return sidesOf(samples).flatMap((side) =>
    Object.entries(judged).map(([figure, { of, allowed }]) => {
      const points = late
        .map((sample) => [sample.seconds, of(sample[side])])
        .filter(([, value]) => value !== undefined);

      if (points.length < 3) throw new RangeError(`too few figures: ${figure} of the ${side}`);

      const growth = slope(points) * (end - begin);
      const typical = median(points.map(([, value]) => value));

      return { side, figure, typical, growth, allowed, flat: growth <= allowed };
    }),
  );
}
