import {
  ClientClosedError,
  errorClasses,
  type ConnectionError,
  type Link,
  type LogMessage,
  type ServerTopology,
  type Welcome,
} from '@tureen/protocol';
import type { types } from 'mediasoup';
import { ClientSession } from './ClientSession.js';
import { Connection, type SessionEvents } from './Connection.js';
import { checkToken, dialWebSocket } from './dialWebSocket.js';
import { build } from './entities/index.js';
import { versionWarning } from './greet.js';
import { EnhancedEventEmitter, errors } from './library.js';
import { loggerOf } from './loggers.js';
import type { ManagerStats } from './Manager.js';
import type { Mirror } from './Mirror.js';
import { ManagerBase } from './ManagerBase.js';
import type { RemoteMediasoupClientOptions } from './options.js';
import { logOfWorker, remoteMediasoup, type Mediasoup } from './RemoteMediasoup.js';
import { ServerUrls } from './ServerUrls.js';
import { SessionWaiters } from './SessionWaiters.js';

const knownErrors = errorClasses({ ...errors });

/**
 * Gives the mediasoup object with the media on another machine. Connects at once and keeps
 * connected until {@link close}.
 *
 * ```ts
 * const client = new RemoteMediasoupClient('ws://example.com:4600');
 * await once(client, 'mediasoup'); // rejects if the first connection fails
 * const { mediasoup } = client.on('error', console.error);
 * ```
 */
export class RemoteMediasoupClient extends ManagerBase {
  readonly #options: Required<
    Pick<
      RemoteMediasoupClientOptions,
      'requestTimeout' | 'handshakeTimeout' | 'minRedialDelay' | 'maxRedialDelay'
    >
  > &
    RemoteMediasoupClientOptions;
  readonly #observer = new EnhancedEventEmitter<{ newworker: [never] }>();
  #urls: ServerUrls | undefined;
  #connection: Connection | undefined;
  #mediasoup: Mediasoup | undefined;
  #readyState: number = RemoteMediasoupClient.CLOSED;
  #everConnected = false;
  #failed = false;
  readonly #waiters: SessionWaiters;

  /**
   * @param url - `ws:` or `wss:`. Of several, each new session begins with the first that can be
   *   had; a session stays with its server. May be left out where {@link open} is called, or with
   *   the option `dial`.
   * @throws TypeError for a URL that cannot be one of a Tureen server, or a token that cannot be
   *   sent.
   */
  constructor(
    url?: string | URL | readonly (string | URL)[],
    options: RemoteMediasoupClientOptions = {},
  ) {
    super(options);
    checkToken(options.token);
    this.#options = {
      requestTimeout: 10_000,
      handshakeTimeout: 10_000,
      minRedialDelay: 100,
      maxRedialDelay: 5000,
      ...options,
    };
    this.#waiters = new SessionWaiters(this.#options.requestTimeout);
    if (url !== undefined || options.dial) {
      this.open(url);
    }
  }

  get mediasoup(): Mediasoup | undefined {
    return this.#connection?.session && this.#mediasoup;
  }

  get readyState(): number {
    return this.#readyState;
  }

  open(url?: string | URL | readonly (string | URL)[]): void {
    if (this.#connection) {
      return;
    }
    if (url !== undefined) {
      this.#urls = new ServerUrls(url);
    }
    if (!this.#urls && !this.#options.dial) {
      throw new TypeError('no URL to connect to');
    }
    this.#readyState = RemoteMediasoupClient.CONNECTING;
    this.#everConnected = false;
    this.#failed = false;
    this.#connection = this.#connect();
  }

  close(): void {
    const connection = this.#connection;

    if (!connection || this.#readyState === RemoteMediasoupClient.CLOSING) {
      return;
    }

    const available = this.mediasoup !== undefined;

    this.#readyState = RemoteMediasoupClient.CLOSING;
    connection.close()?.end();
    this.#connection = undefined;
    this.#waiters.reject(new ClientClosedError('the client was closed'));
    if (available) {
      this.tell('mediasoup', undefined);
    }
    process.nextTick(() => {
      // Unless it was opened again meanwhile.
      if (!this.#connection) {
        this.#readyState = RemoteMediasoupClient.CLOSED;
      }
      this.tell('close');
    });
  }

  /**
   * Usage of the server's host and process.
   *
   * @throws DisconnectedError if there is no session, and none comes within `requestTimeout`.
   */
  async getStats(): Promise<ManagerStats> {
    const session = await this.#session();

    return (await session.call(session.root, 'getStats', [])) as ManagerStats;
  }

  /**
   * What the server and all that is behind it serve: hosts, workers, sessions, counts of objects,
   * load. Tells nothing of what other applications call theirs.
   *
   * @param timeout - Milliseconds after which servers behind that one that have not answered are
   *   left out. Default 4000.
   * @throws DisconnectedError if there is no session, and none comes within `requestTimeout`.
   */
  async getTopology({ timeout = 4000 }: { timeout?: number } = {}): Promise<ServerTopology> {
    const session = await this.#session();

    return (await session.call(session.root, 'getTopology', [timeout])) as ServerTopology;
  }

  #connect(): Connection {
    const { handshakeTimeout, minRedialDelay, maxRedialDelay } = this.#options;

    return new Connection({
      dial: (signal) => this.#dial(signal),
      refusalEndsSession: this.#options.refusalEndsSession ?? true,
      handshakeTimeout,
      minRedialDelay,
      maxRedialDelay,
      makeSession: (events) => this.#makeSession(events),
      onAttached: (session, welcome) => this.#attached(session, welcome),
      onDetached: (reason) => this.#detached(reason),
      onLost: (session, reason) => this.#lost(session, reason),
      onFailed: (error, final) => this.#connectionFailed(error, final),
    });
  }

  async #dial(signal: AbortSignal): Promise<Link> {
    const { dial } = this.#options;
    const url = this.#urls?.current;
    const link = await (dial ? dial() : dialWebSocket(url as URL, this.#options, signal));

    if (!signal.aborted) {
      this.#readyState = RemoteMediasoupClient.OPEN;
    }

    return link;
  }

  #makeSession(events: SessionEvents): ClientSession {
    return new ClientSession({
      errorClasses: knownErrors,
      requestTimeout: this.#options.requestTimeout,
      observer: this.#observer,
      build,
      onWorkerDied: (error) => this.workerDied(error),
      onLog: (message, worker) => this.#workerLogged(message, worker),
      ...events,
    });
  }

  #workerLogged(message: LogMessage, worker: Mirror | undefined): void {
    const [, level, namespace, text] = message;
    const { onWorkerLog } = this.#options;

    if (!onWorkerLog) {
      logOfWorker(message);
    } else if (worker) {
      onWorkerLog(worker as unknown as types.Worker, { level, namespace, text });
    }
  }

  #attached(session: ClientSession, welcome: Welcome): void {
    const warning = versionWarning(welcome);

    if (warning && !this.#mediasoup) {
      loggerOf('mediasoup').warn(warning);
      process.emitWarning(warning, 'TureenVersionWarning');
    }
    // One object for the client's whole life: applications keep it.
    this.#mediasoup ??= remoteMediasoup({
      version: welcome.mediasoup,
      workerBin: welcome.workerBin,
      observer: this.#observer,
      session: () => this.#session(),
    });
    this.#everConnected = true;
    this.#failed = false;
    this.#readyState = RemoteMediasoupClient.CONNECTED;
    // Applications hear of it once the link is in order: what they do may end it again.
    process.nextTick(() => {
      if (this.#connection?.session === session) {
        this.tell('connected');
        if (!welcome.resumed) {
          this.#waiters.resolve(session);
          this.tell('mediasoup', this.#mediasoup);
        }
      }
    });
  }

  #detached(reason: string): void {
    this.#readyState = RemoteMediasoupClient.CONNECTING;
    this.tell('disconnected', reason);
  }

  #lost(session: ClientSession, reason: string): void {
    session.lose(reason);
    this.tell('mediasoup', undefined);
  }

  #connectionFailed(error: ConnectionError, final: boolean): void {
    // A session stays with its server; another one may be begun with any.
    const allFailed = this.#connection?.session ? false : (this.#urls?.failed() ?? true);
    const first = !this.#everConnected && !this.#failed && allFailed;

    this.#failed ||= allFailed;
    this.#readyState = RemoteMediasoupClient.CONNECTING;
    if (final) {
      this.#waiters.reject(error);
      this.#connection = undefined;
      this.#readyState = RemoteMediasoupClient.CLOSED;
    }
    // Later attempts fail in silence: one outage is one error.
    if (first || final) {
      this.tell('error', error);
    }
    if (final) {
      this.tell('close');
    }
  }

  /** The session, or the next one if it comes in time. */
  #session(): Promise<ClientSession> {
    const session = this.#connection?.session;

    if (session) {
      return Promise.resolve(session);
    }
    if (!this.#connection) {
      return Promise.reject(new ClientClosedError('the client is closed'));
    }

    return this.#waiters.wait();
  }
}
