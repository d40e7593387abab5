import type { Dial, LogLevel } from '@tureen/protocol';
import type { types } from 'mediasoup';

/** A line that a worker logged, as mediasoup's own log listeners get it. */
export interface WorkerLog {
  level: LogLevel;
  namespace: string;
  text: string;
}

export interface RemoteMediasoupClientOptions {
  /**
   * Sent as bearer token; a function is asked before each connection, for tokens that get replaced.
   * Default: none.
   */
  token?: string | (() => string | undefined);
  /**
   * Hears what the workers of this client log on the server. Default: mediasoup's log listeners, and
   * its `DEBUG` output.
   */
  onWorkerLog?: (worker: types.Worker, log: WorkerLog) => void;
  /**
   * Milliseconds without an answer after which a call rejects with a RequestTimeoutError; nothing
   * is closed by it. Default 10000; 0 waits for ever.
   */
  requestTimeout?: number;
  /**
   * Also emit 'error' on the client when a worker dies, if anybody listens to 'error'. Default
   * true. Switch it off where something above listens to the workers itself.
   */
  listenWorkerDied?: boolean;
  /** Milliseconds until an attempt to connect, or its handshake, has failed. Default 10000. */
  handshakeTimeout?: number;
  /** Milliseconds between the first attempts to connect again; doubles each time. Default 100. */
  minRedialDelay?: number;
  /** Milliseconds between attempts at the most. Default 5000. */
  maxRedialDelay?: number;
  /** Milliseconds between pings. Default 2000. */
  pingInterval?: number;
  /** Milliseconds of silence after which the server counts as gone. Default 6000. */
  deadAfter?: number;
  /**
   * Give a session up as soon as its server's address refuses connections: nothing listens there,
   * so the server has gone and its sessions with it. Default true. Switch it off where something
   * in between, such as a proxy, refuses in the server's name.
   */
  refusalEndsSession?: boolean;
  /** TLS: certificate authorities to trust instead of the system's, in PEM format. */
  ca?: string | Buffer | (string | Buffer)[];
  /** TLS: the client's own certificate, in PEM format. */
  cert?: string | Buffer;
  /** TLS: the key of the client's own certificate, in PEM format. */
  key?: string | Buffer;
  /** Another way to the server than a WebSocket. */
  dial?: Dial;
}
