import { ClosedMeanwhileError, type WorkerPool } from './WorkerPool.js';

/**
 * Does something on real workers: again as long as it fails because one of them ended, and others
 * are there.
 *
 * @param isOver - What it is done for has closed.
 * @param whenOver - Instead, if the virtual worker closed meanwhile: gives mediasoup's own error.
 */
export async function retrying<T, U>(
  pool: WorkerPool,
  isOver: () => boolean,
  attempt: () => Promise<T>,
  whenOver: () => Promise<U>,
): Promise<T | U> {
  for (let rest = pool.slots.length; ; rest -= 1) {
    const before = pool.losses;

    try {
      return await attempt();
    } catch (error) {
      if (error instanceof ClosedMeanwhileError) {
        return whenOver();
      }
      if (rest <= 0 || isOver() || pool.losses === before) {
        throw error;
      }
    }
  }
}
