// The two goals beyond the ten: what resuming costs, and how quickly all goes on.
import { judge } from './judge.mjs';

/** Timers come a little late. */
const tolerance = 1.01;

export function judgeResume({ price, cuts, media, killed, stopped }) {
  const line = (goal, what, reached, limit, floor) => judge({ goal, what, reached, limit, floor });
  return [
    line('resume', 'price when nothing fails, share of CPU', price.cpu.median, 0.03, 0),
    line('resume', 'price when nothing fails, share of time', price.throughput.median, 0.03, 0),
    line('recovery', 'session goes on after a cut, round trips', cuts.leastResumed, 2.2, 2),
    line('recovery', 'call made before is answered, round trips', cuts.leastAnswered, 3.3, 3),
    line('recovery', 'RTP packets lost by a cut', media.lost, 0, 0),
    line('recovery', 'killed daemon noticed, ms', killed.median, 100, 0),
    line('recovery', 'hanging daemon noticed, ms', stopped.median, 6000 * tolerance, 0),
  ];
}
