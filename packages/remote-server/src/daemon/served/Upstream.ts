import { RemoteMediasoupClient, type WorkerLog } from '@tureen/remote-client';
import { ConfigurationError } from '../../errors.js';
import type { Logger } from '../../Logger.js';
import type { UpstreamSecrets } from './UpstreamSecrets.js';

export interface UpstreamOptions extends UpstreamSecrets {
  logger: Logger;
  onWorkerLog(worker: object, log: WorkerLog): void;
}

/** Milliseconds until an upstream that refused this daemon is asked again. */
const refusedDelay = 5000;

/** A server whose mediasoup this daemon serves. It is dialled again and again, whatever it says. */
export class Upstream {
  readonly client: RemoteMediasoupClient;
  readonly #logger: Logger;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws ConfigurationError for a URL that cannot be one of a Tureen server. */
  constructor(
    readonly url: string,
    { logger, onWorkerLog, ...secrets }: UpstreamOptions,
  ) {
    this.#logger = logger;
    try {
      this.client = new RemoteMediasoupClient(url, {
        ...secrets,
        onWorkerLog,
        listenWorkerDied: false,
        // How long to wait is for the clients of this daemon to say.
        requestTimeout: 0,
      });
    } catch (error) {
      throw new ConfigurationError(`upstream ${url}: ${(error as Error).message}`);
    }
    this.#follow();
  }

  /** It has a connection, and so a session. */
  get connected(): boolean {
    return this.client.readyState === RemoteMediasoupClient.CONNECTED;
  }

  /** Ends the session with it: workers of it that are left close. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    this.client.close();
  }

  #follow(): void {
    const { client, url } = this;
    const upstream = { upstream: url };

    client.on('connected', () => this.#logger.info(upstream, 'upstream connected'));
    client.on('disconnected', (reason) => {
      this.#logger.warn({ ...upstream, reason }, 'upstream disconnected; trying again');
    });
    client.on('mediasoup', (mediasoup) => {
      if (!mediasoup && client.readyState !== RemoteMediasoupClient.CLOSING) {
        this.#logger.warn(upstream, 'upstream lost: its workers have died');
      }
    });
    client.on('error', (error) => {
      this.#logger.warn({ ...upstream, err: error }, 'upstream cannot be used; trying again');
    });
    // Unasked only after a refusal, and what was refused may be put right.
    client.on('close', () => {
      if (!this.#closed) {
        this.#again = setTimeout(() => client.open(), refusedDelay);
      }
    });
  }
}
