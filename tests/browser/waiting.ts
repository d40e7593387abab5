/** How long to wait for what must happen. Software video on a busy machine takes its time. */
const DEADLINE_MS = 40_000;
const INTERVAL_MS = 150;
const STEP = 10;

/** Waits for a condition of a page or process, which no event of this process announces. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

/** Waits until a counter has gone up by some steps from where it is now. */
export async function grows(what: string, counter: () => Promise<number>): Promise<void> {
  const start = await counter();
  let value = start;
  await until(`${what}: from ${start}`, async () => {
    value = await counter();
    // A new stream counts from 0 again.
    return value >= start + STEP || (value < start && value >= STEP);
  });
}

/** What a counter did while it was watched. */
export interface Watched {
  wentBack: boolean;
  /**
   * Milliseconds that the same value was found for, as many as lie between so many looks: where a
   * look takes longer, the machine is too busy to play as well.
   */
  longestStandstill: number;
}

/** Watches a counter until the function returned is called. */
export function watch(counter: () => Promise<number>): () => Promise<Watched> {
  const watched: Watched = { wentBack: false, longestStandstill: 0 };
  let watching = true;
  const done = (async () => {
    let last = await counter();
    let same = 0;
    while (watching) {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
      const value = await counter();
      if (value < last) watched.wentBack = true;
      same = value === last ? same + 1 : 0;
      watched.longestStandstill = Math.max(watched.longestStandstill, same * INTERVAL_MS);
      last = value;
    }
  })();
  // Told to whoever stops it.
  done.catch(() => {});
  return async () => {
    watching = false;
    await done;
    return watched;
  };
}

/**
 * Waits until a counter stands still while another one, as a clock, goes on: what was on its way
 * when somebody pressed pause may still arrive, but nothing after that.
 */
export async function stops(
  what: string,
  counter: () => Promise<number>,
  clock: () => Promise<number>,
): Promise<void> {
  await until(what, async () => {
    const before = await counter();
    await grows(`${what} (clock)`, clock);
    return (await counter()) === before;
  });
}
