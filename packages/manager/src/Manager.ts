import type { EventEmitter } from 'node:events';
import type { Mediasoup } from './Mediasoup.js';
import type { ManagerStats } from './stats/ManagerStats.js';

export interface ManagerEvents {
  /** The mediasoup object became available or, with undefined, went away. */
  mediasoup: [mediasoup: Mediasoup | undefined];
  connected: [];
  disconnected: [reason: string];
  error: [error: Error];
  /** It is closed for good. */
  close: [];
}

/** What gives mediasoup, whatever is behind it. */
export interface Manager extends EventEmitter<ManagerEvents> {
  /** The object to use in place of the mediasoup module; undefined while there is none. */
  readonly mediasoup: Mediasoup | undefined;

  /** As a WebSocket's, and 4 (CONNECTED) while `mediasoup` can be used. */
  readonly readyState: number;

  /** Connects, if it is closed. */
  open(url?: string | URL): void;

  /** Closes every worker with all below it. Safe to call at any time, and twice. */
  close(): void;

  /** As {@link close}. */
  destroy(): void;

  /** Usage of the host and of the process that the workers belong to. */
  getStats(): Promise<ManagerStats>;
}

/** What {@link Manager.readyState} can be. */
export const ReadyState = {
  CONNECTING: 0,
  OPEN: 1,
  CLOSING: 2,
  CLOSED: 3,
  CONNECTED: 4,
} as const;
