// The two ways in which a call is repeated.

/** One after the other. Resolves with the microseconds that each took. */
export async function oneByOne(count, call) {
  const latencies = [];
  for (let index = 0; index < count; index += 1) {
    const started = performance.now();
    await call();
    latencies.push((performance.now() - started) * 1000);
  }
  return latencies;
}

/** So many under way at any time. Resolves with the milliseconds that all took. */
export async function inFlight(concurrency, count, call) {
  let left = count;
  const started = performance.now();
  const loop = async () => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  return performance.now() - started;
}
