import { hostOf } from '@tureen/manager';
import type { Tracked } from './Tracked.js';

/** Fields for the client to begin with; of a worker also its host, if several are told apart. */
export function newObject(tracked: Tracked): Record<string, unknown> {
  const snapshot = tracked.snapshot();
  const host = tracked.kind === 'worker' ? hostOf(tracked.real) : undefined;

  if (host) {
    snapshot['$host'] = host;
  }

  return snapshot;
}
