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
