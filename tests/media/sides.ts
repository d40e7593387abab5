import * as mediasoup from 'mediasoup';
import { expect } from 'vitest';
import { local } from '../support/targets/local.js';
import { vertical } from '../support/targets/vertical.js';
import { ws } from '../support/targets/ws.js';
import { useTarget, type RunningTarget } from '../support/useTarget.js';
import { leaveNothingBehind } from './leftovers.js';

/**
 * The same API three times: mediasoup in this process, through a daemon in another, and two workers
 * of this process as one, with each transport on the other one than the last.
 */
export interface Sides {
  readonly local: RunningTarget;
  readonly remote: RunningTarget;
  readonly vertical: RunningTarget;
}

/** Starts all for the tests of the enclosing `describe`, and checks that nothing is left. */
export function useSides(): Sides {
  leaveNothingBehind();

  return { local: useTarget(local), remote: useTarget(ws), vertical: useTarget(vertical(2)) };
}

/** Does the same on all sides, one after the other. */
export async function onAll<T>(
  { local, remote, vertical }: Sides,
  action: (running: RunningTarget) => Promise<T>,
): Promise<Record<keyof Sides, T>> {
  return {
    local: await action(local),
    remote: await action(remote),
    vertical: await piped(() => action(vertical)),
  };
}

/** Does something and checks that pipes between real workers of this process were needed for it. */
export async function piped<T>(action: () => Promise<T>): Promise<T> {
  let pipes = 0;
  const follow = (worker: mediasoup.types.Worker) =>
    worker.observer.on('newrouter', (router) =>
      router.observer.on('newtransport', ({ type }) => (pipes += type === 'pipe' ? 1 : 0)),
    );

  mediasoup.observer.on('newworker', follow);
  try {
    const result = await action();

    expect(pipes).toBeGreaterThan(0);

    return result;
  } finally {
    mediasoup.observer.off('newworker', follow);
  }
}
