import type { Kind } from '@tureen/protocol';

/** Hears what a server does, for whoever counts it. */
export interface Meter {
  /** A call was answered. */
  called(kind: Kind, method: string, failed: boolean, seconds: number): void;
  /** An event was sent. */
  told(kind: Kind, event: string): void;
  /** A lossy event was not sent, since the client did not keep up. */
  dropped(kind: Kind, event: string): void;
  /** A session goes on over another connection. */
  resumed(): void;
  /** A client was refused before it had a session. */
  refused(): void;
}

const ignore = () => undefined;

export const silentMeter: Meter = {
  called: ignore,
  told: ignore,
  dropped: ignore,
  resumed: ignore,
  refused: ignore,
};

/** A server's state at one moment. */
export interface ServerState {
  sessions: number;
  /** Sessions that wait for their client to come back. */
  detached: number;
  /** Objects by kind. */
  objects: Partial<Record<Kind, number>>;
  callsInFlight: number;
  /** Bytes of memory that count against the limits of the sessions, by estimate. */
  bytes: number;
  /** Frames that clients have not acknowledged. */
  unacknowledged: number;
  draining: boolean;
}
