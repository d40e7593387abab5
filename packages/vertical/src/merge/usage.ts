import type { types } from 'mediasoup';

/** What several workers use together. */
export function sumUsage(usages: readonly types.WorkerResourceUsage[]): types.WorkerResourceUsage {
  const [first, ...others] = usages;
  const sum = { ...first! };

  for (const other of others) {
    for (const name of Object.keys(sum) as (keyof types.WorkerResourceUsage)[]) {
      sum[name] += other[name];
    }
  }

  return sum;
}
