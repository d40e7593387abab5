import { local } from '../support/targets/local.js';
import { ws } from '../support/targets/ws.js';
import { useTarget, type RunningTarget } from '../support/useTarget.js';
import { leaveNothingBehind } from './leftovers.js';

/** The same API twice: mediasoup in this process, and through a daemon in another. */
export interface Sides {
  readonly local: RunningTarget;
  readonly remote: RunningTarget;
}

/** Starts both for the tests of the enclosing `describe`, and checks that nothing is left. */
export function useSides(): Sides {
  leaveNothingBehind();

  return { local: useTarget(local), remote: useTarget(ws) };
}

/** Does the same on both sides, one after the other. */
export async function onBoth<T>(
  { local, remote }: Sides,
  action: (running: RunningTarget, name: keyof Sides) => Promise<T>,
): Promise<{ local: T; remote: T }> {
  return { local: await action(local, 'local'), remote: await action(remote, 'remote') };
}
