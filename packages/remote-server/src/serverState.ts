import { rows, type Kind } from '@tureen/protocol';
import type { ServerState } from './Meter.js';
import type { Session } from './Session.js';
import type { RealObject } from './Tracked.js';

const countedKinds = Object.keys(rows).filter((kind) => kind !== 'mediasoup') as Kind[];

/** What all sessions of a server have together. */
export function stateOf(sessions: readonly Session[], draining: boolean): ServerState {
  const sum = (of: (session: Session) => number) =>
    sessions.reduce((total, session) => total + of(session), 0);

  return {
    sessions: sessions.length,
    detached: sum((session) => (session.attached ? 0 : 1)),
    objects: Object.fromEntries(
      countedKinds.map((kind) => [kind, sum((session) => session.count(kind))]),
    ),
    callsInFlight: sum((session) => session.callsInFlight),
    bytes: sum((session) => session.bytes),
    unacknowledged: sum((session) => session.unacknowledged),
    draining,
  };
}

/** The worker of that process, whosever it is. */
export function workerOf(sessions: readonly Session[], pid: number): RealObject | undefined {
  return sessions
    .flatMap(({ workers }) => workers)
    .find((worker) => (worker as { pid?: unknown }).pid === pid);
}
