import type { EventEmitter } from 'node:events';
import type { ManagerStats } from '@tureen/manager';
import type { Mediasoup } from './RemoteMediasoup.js';

export type { ManagerStats };

export interface ManagerEvents {
  /** The mediasoup object became available or, with undefined, went away. */
  mediasoup: [mediasoup: Mediasoup | undefined];
  /** There is a connection: the first one, or one that goes on where the last broke off. */
  connected: [];
  /**
   * The connection is gone. Nothing closes and media flows on while the client tries to go on over
   * another; if none comes in time every worker dies, and 'mediasoup' follows with undefined.
   */
  disconnected: [reason: string];
  /** A connection could not be had, or (with `listenWorkerDied`) a worker died. */
  error: [error: Error];
  /** The client is closed for good. */
  close: [];
}

/** What gives mediasoup, whatever is behind it. */
export interface Manager extends EventEmitter<ManagerEvents> {
  /** The object to use in place of the mediasoup module; undefined while there is no session. */
  readonly mediasoup: Mediasoup | undefined;

  /** As a WebSocket's, and 4 (CONNECTED) when a connection carries the session. */
  readonly readyState: number;

  /**
   * Connects, if the client is closed.
   *
   * @param url - Default: the one used before.
   * @throws TypeError for a URL that cannot be one of a Tureen server.
   */
  open(url?: string | URL): void;

  /**
   * Ends the session: the server closes all that it held, here every worker closes with all below
   * it. Safe to call at any time, and twice.
   */
  close(): void;

  /** As {@link close}. */
  destroy(): void;

  /** Usage of the host and of the process that the workers belong to. */
  getStats(): Promise<ManagerStats>;
}
