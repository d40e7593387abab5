import { EventEmitter } from 'node:events';
import { createClient } from '@redis/client';
import { Backoff } from './Backoff.js';
import { parseRedisUrl, type RedisTls } from './redisUrl.js';

export interface RedisLinkOptions {
  url: string;
  tls?: RedisTls;
  /** Default: that of the URL, or `tureen:`. */
  prefix?: string;
  /** Milliseconds after which an answer that has not come is an outage. */
  timeout: number;
}

export type RedisClient = ReturnType<typeof newClient>;

interface Attempt {
  client: RedisClient;
  abort: AbortController;
  /** When it became usable; undefined before. */
  since: number | undefined;
  ping: NodeJS.Timeout | undefined;
}

/** Redis does not answer, or there is no connection to it. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

interface LinkEvents {
  up: [];
  /** For each attempt that fails, and when a connection breaks. */
  down: [error: Error];
}

/**
 * A connection to Redis that is made again for ever. Each one is a client of its own: nothing that
 * was asked on one is repeated on the next, where it might be out of date.
 */
export class RedisLink extends EventEmitter<LinkEvents> {
  /** What may be shown of the URL. */
  readonly shown: string;
  /** Before every key and channel. */
  readonly prefix: string;
  readonly #options: RedisLinkOptions;
  readonly #backoff = new Backoff();
  #attempt: Attempt | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws TypeError for a URL that cannot be one of a Redis server. */
  constructor(options: RedisLinkOptions) {
    super();

    const { url, shown, prefix } = parseRedisUrl(options.url);

    this.shown = shown;
    this.prefix = options.prefix ?? prefix ?? 'tureen:';
    this.#options = { ...options, url };
  }

  get isUp(): boolean {
    return this.#attempt?.since !== undefined;
  }

  open(): void {
    const abort = new AbortController();
    const client = newClient(this.#options, abort.signal);
    const attempt: Attempt = { client, abort, since: undefined, ping: undefined };

    this.#attempt = attempt;
    client.on('error', (error: Error) => this.#lost(attempt, error));
    this.#timed(attempt, () => client.connect()).then(
      () => this.#connected(attempt),
      () => undefined,
    );
  }

  /** Ends; answers that have not come reject. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#attempt) {
      end(this.#attempt);
      this.#attempt = undefined;
    }
  }

  /**
   * Any failure of a command means that the connection is of no use (a hung server, a replica that
   * takes no writes, a wrong password), and another is made.
   *
   * @throws LinkError if there is no connection, or no answer in time; what Redis says, otherwise.
   */
  async run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    const attempt = this.#attempt;

    if (attempt?.since === undefined) {
      throw new LinkError('there is no connection to Redis');
    }

    return this.#timed(attempt, () => command(attempt.client));
  }

  async #timed<T>(attempt: Attempt, action: () => Promise<T>): Promise<T> {
    const { timeout } = this.#options;
    let late: LinkError | undefined;
    const timer = setTimeout(() => {
      late = new LinkError(`Redis does not answer within ${timeout} ms`);
      this.#lost(attempt, late);
    }, timeout);

    try {
      return await action();
    } catch (error) {
      this.#lost(attempt, error as Error);
      throw late ?? error;
    } finally {
      clearTimeout(timer);
    }
  }

  #connected(attempt: Attempt): void {
    if (this.#attempt !== attempt) {
      return;
    }
    attempt.since = performance.now();
    // A server that hangs keeps its connections.
    attempt.ping = setInterval(() => {
      this.run((client) => client.ping()).catch(() => undefined);
    }, this.#options.timeout);
    this.emit('up');
  }

  #lost(attempt: Attempt, error: Error): void {
    if (this.#attempt !== attempt || this.#closed) {
      return;
    }
    this.#attempt = undefined;
    end(attempt);
    this.#backoff.ended(attempt.since === undefined ? 0 : performance.now() - attempt.since);
    this.#timer = setTimeout(() => this.open(), this.#backoff.next());
    this.emit('down', error);
  }
}

/** At once, whatever state it is in. */
function end({ client, abort, ping }: Attempt): void {
  clearInterval(ping);
  abort.abort();
  client.destroy();
}

function newClient({ url, tls, timeout }: RedisLinkOptions, signal: AbortSignal) {
  const socket = { reconnectStrategy: false, connectTimeout: timeout, signal } as const;

  return createClient({
    url,
    socket: url.startsWith('rediss:') ? { ...socket, ...tls, tls: true } : socket,
    disableOfflineQueue: true,
    // Of Redis Enterprise only.
    maintNotifications: 'disabled',
    clientInfoTag: 'tureen',
  });
}
