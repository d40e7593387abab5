import { apiFingerprint, type Link, type LogLevel } from '@tureen/protocol';
import type { types } from 'mediasoup';
import { ListenAddresses, type ListenAddressOptions } from './ListenAddresses.js';
import { silentLogger, type Logger } from './Logger.js';
import { Session } from './Session.js';
import { version } from './version.js';
import type { AllowedWorkerSettings } from './workerSettings.js';

export interface RemoteServerOptions extends ListenAddressOptions {
  /** What is served: the mediasoup module, or anything of the same shape. */
  mediasoup: types.Index;
  /** Answers clients' getStats(). Default: usage of this host and process. */
  getStats?: () => Promise<unknown>;
  /** Values of dangerous worker settings that clients may use. Default: mediasoup's workerBin. */
  allowedWorkerSettings?: AllowedWorkerSettings;
  /** Send errors with their stacks, which tell paths of this machine. Default false. */
  sendFullErrors?: boolean;
  /** Bytes waiting for a client from which on RTP, RTCP and trace events are dropped. Default 8 MiB. */
  lossyBacklog?: number;
  /** Default: none. */
  logger?: Logger;
}

/** `[pid:123] text`, as mediasoup writes what its workers log. */
const workerLogLine = /^\[pid:(\d+)\] /;

/**
 * Serves one mediasoup object to any number of clients, each in a session of its own. Knows
 * nothing of networks: links come from a {@link WebSocketListener}, or from memory.
 */
export class RemoteServer {
  readonly #sessions = new Set<Session>();
  readonly #options: RemoteServerOptions;
  readonly #logger: Logger;
  readonly #listenAddresses: ListenAddresses;
  /** Sessions that have ended but whose workers may not have. */
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  constructor(options: RemoteServerOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#listenAddresses = new ListenAddresses(options, this.#logger);
  }

  /** Sessions that are there now. */
  get sessions(): number {
    return this.#sessions.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Begins a session for whoever is at the other end of the link. */
  accept(link: Link): void {
    const { mediasoup, getStats, allowedWorkerSettings, sendFullErrors, lossyBacklog } =
      this.#options;

    if (this.#closed) {
      link.close('server is closed');

      return;
    }
    this.#sessions.add(
      new Session(link, {
        mediasoup,
        getStats,
        allowedWorkerSettings: { workerBin: [mediasoup.workerBin], ...allowedWorkerSettings },
        listenAddresses: this.#listenAddresses,
        handshake: {
          welcome: {
            server: version,
            mediasoup: mediasoup.version,
            workerBin: mediasoup.workerBin,
            fingerprint: apiFingerprint,
          },
        },
        sendFullErrors: sendFullErrors ?? false,
        lossyBacklog: lossyBacklog ?? 8 * 1024 * 1024,
        logger: this.#logger,
        onEnd: (session) => this.#ended(session),
      }),
    );
  }

  /**
   * Passes what mediasoup logs of its workers on to the clients that own them. mediasoup has one
   * set of log listeners per process: call this only where nobody else needs them.
   */
  forwardWorkerLogs(): void {
    const forward = (level: LogLevel) => (namespace: string, text: string) => {
      const pid = Number(workerLogLine.exec(text)?.[1]);

      if (pid) {
        this.#sessionOf(pid)?.log(level, namespace, text);
      }
    };

    this.#options.mediasoup.setLogEventListeners({
      ondebug: forward('debug'),
      onwarn: forward('warn'),
      onerror: forward('error'),
    });
  }

  /** Ends every session. Resolves when the last worker process has gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions) {
      session.close('server is closing');
    }
    await Promise.all(this.#ending);
  }

  #sessionOf(pid: number): Session | undefined {
    return [...this.#sessions].find((session) => session.hasWorker(pid));
  }

  #ended(session: Session): void {
    const gone = session.workersGone().finally(() => this.#ending.delete(gone));

    this.#sessions.delete(session);
    this.#ending.add(gone);
  }
}
