import type { HostLoad } from '../Discovery.js';
import { FencedError, messageOf } from '../errors.js';
import { hostUrl } from '../hostUrl.js';
import { checkHostId, checkLease, checkLoad, checkTags, largestRecord } from './HostRecord.js';
import type { HostRecord } from './HostRecord.js';
import { RedisLink } from './RedisLink.js';
import type { RedisTls } from './redisUrl.js';
import { fenceLasts, keysOf, remove, renew, takeEpoch, type Keys } from './scripts.js';

/** The part of pino's logger that is used; any logger of that shape will do. */
export interface RegistrationLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What changes of a host while it runs. */
export interface HostState {
  load?: HostLoad;
  draining?: boolean;
}

export interface RegistrationOptions {
  /** `redis://` or `rediss://`, with user and password if Redis wants them; never logged. */
  redisUrl: string;
  /** One for each daemon: two that run at once with the same id would fence each other off. */
  hostId: string;
  /** How applications reach this daemon: `ws:` or `wss:`. */
  url: string;
  tags?: Readonly<Record<string, string>>;
  /** Asked at each renewal, and by {@link HostRegistration.update}. Default: neither. */
  state?: () => HostState;
  /** Hears of the registration, of outages once each, and of being fenced off. Default: nobody. */
  logger?: RegistrationLogger;
  /** Milliseconds after which the host is taken for lost without a renewal. Default 15000. */
  lease?: number;
  /** Milliseconds between renewals; half the lease at the most. Default: a third of it. */
  renewInterval?: number;
  /** Before every key and channel. Default: `?prefix=` of the URL, or `tureen:`. */
  prefix?: string;
  /** Milliseconds without an answer after which Redis counts as gone. Default 3000. */
  timeout?: number;
  /** For `rediss:`. */
  tls?: RedisTls;
}

export interface HostRegistration {
  /** What others see of the host; undefined until Redis has taken it, and when it was fenced off. */
  readonly epoch: number | undefined;

  /** Tells the present state at once, instead of at the next renewal. */
  update(): void;

  /**
   * Takes the host out of Redis, if it is this registration that is there. Resolves when that is
   * done, or Redis cannot be used: then the lease lapses. Safe to call at any time, and twice.
   */
  close(): Promise<void>;
}

const silent: RegistrationLogger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

class Registration implements HostRegistration {
  readonly #options: RegistrationOptions & { lease: number };
  readonly #host: Pick<HostRecord, 'id' | 'url' | 'tags'>;
  readonly #keys: Keys;
  readonly #link: RedisLink;
  readonly #logger: RegistrationLogger;
  readonly #timer: NodeJS.Timeout;
  #epoch: number | undefined;
  #state: Required<HostState> = { load: {}, draining: false };
  #stateFailed = false;
  #registered = false;
  #outage = false;
  #fenced = false;
  #closed: Promise<void> | undefined;

  constructor(options: RegistrationOptions) {
    const { redisUrl, tls, lease = 15_000, prefix, timeout = 3000 } = options;
    const { renewInterval = Math.ceil(lease / 3) } = options;

    this.#options = { ...options, lease: checkLease(lease) };
    if (!(renewInterval > 0 && renewInterval <= lease / 2)) {
      throw new TypeError('a lease must be renewed at least twice before it lapses');
    }
    this.#host = {
      id: checkHostId(options.hostId),
      url: hostUrl(options.url),
      tags: checkTags(options.tags ?? {}),
    };
    this.#logger = options.logger ?? silent;
    if (Buffer.byteLength(this.#record(1, {})) > largestRecord / 2) {
      throw new TypeError(`the tags of a host take more than ${largestRecord / 2} bytes`);
    }
    this.#link = new RedisLink({ url: redisUrl, tls, prefix, timeout });
    this.#keys = keysOf(this.#link.prefix);
    this.#link.on('up', () => void this.#connected());
    this.#link.on('down', (error) => this.#disconnected(error));
    this.#timer = setInterval(() => void this.#renew(false), renewInterval);
    this.#link.open();
  }

  get epoch(): number | undefined {
    return this.#registered && !this.#fenced ? this.#epoch : undefined;
  }

  update(): void {
    void this.#renew(true);
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();

    return this.#closed;
  }

  async #end(): Promise<void> {
    clearInterval(this.#timer);
    try {
      if (this.#epoch !== undefined && !this.#fenced) {
        await this.#run(remove, [String(this.#epoch), this.#host.id, this.#keys.changes]);
      }
    } catch {
      // Redis cannot be used: the lease lapses.
    } finally {
      this.#link.close();
    }
  }

  async #connected(): Promise<void> {
    try {
      this.#epoch ??= Number(await this.#run(takeEpoch, []));
    } catch {
      // The link tells that it is down, and we go on when it is up.
      return;
    }
    await this.#renew(true);
  }

  /** @param announce - Others shall look now, and not when they do anyway. */
  async #renew(announce: boolean): Promise<void> {
    if (this.#closed || this.#fenced || this.#epoch === undefined || !this.#link.isUp) {
      return;
    }

    const { id } = this.#host;
    const { lease } = this.#options;
    const { draining } = this.#state;
    const state = this.#readState();
    const record = this.#record(this.#epoch, state);
    const announced = announce || state.draining !== draining ? '1' : '0';
    let newer: string;

    try {
      newer = await this.#run(renew, [
        ...[String(this.#epoch), id, String(lease), record, this.#keys.changes, announced],
      ]);
    } catch {
      return;
    }
    if (newer === '0') {
      this.#renewed();
    } else {
      this.#fencedOff(newer);
    }
  }

  #run(script: string, more: string[]): Promise<string> {
    const { leases, hosts, fence } = this.#keys;
    const keys = [fence(this.#host.id), leases, hosts];

    return this.#link.run(async (client) =>
      String(await client.eval(script, { keys, arguments: [String(fenceLasts), ...more] })),
    );
  }

  #renewed(): void {
    if (!this.#registered) {
      this.#logger.info({ host: this.#host.id, redis: this.#link.shown }, 'registered in Redis');
    } else if (this.#outage) {
      this.#logger.info({ redis: this.#link.shown }, 'Redis can be used again; registered');
    }
    this.#registered = true;
    this.#outage = false;
  }

  #fencedOff(newer: string): void {
    if (this.#fenced || this.#closed) {
      return;
    }
    this.#fenced = true;
    clearInterval(this.#timer);
    this.#link.close();
    this.#logger.error(
      { err: new FencedError(`epoch ${newer} is newer than our ${this.#epoch}`) },
      `another daemon has registered as host ${this.#host.id} since: this one is not registered ` +
        'any more. If both shall run, give each its own id',
    );
  }

  #disconnected(error: Error): void {
    if (!this.#outage) {
      this.#outage = true;
      this.#logger.warn(
        { reason: messageOf(error), redis: this.#link.shown },
        'Redis cannot be used; media goes on, and so do attempts',
      );
    }
  }

  /** As it says now; or, should it fail or say what makes no sense, as it said last. */
  #readState(): Required<HostState> {
    try {
      const { load, draining = false } = this.#options.state?.() ?? {};

      this.#state = { load: checkLoad(load ?? {}), draining };
      this.#stateFailed = false;
    } catch (error) {
      if (!this.#stateFailed) {
        this.#stateFailed = true;
        this.#logger.error({ err: error }, 'the state of this host cannot be told');
      }
    }

    return this.#state;
  }

  #record(epoch: number, state: HostState): string {
    const record: HostRecord = { ...this.#host, epoch, lease: this.#options.lease, ...state };

    return JSON.stringify(record);
  }
}

/**
 * Registers a daemon in Redis, where {@link redisHosts} finds it, and renews that until it is
 * closed. Nothing of the daemon depends on it: while Redis cannot be used it goes on trying.
 *
 * @throws TypeError for a URL, id, tag or lease that cannot be one.
 */
export function registerHost(options: RegistrationOptions): HostRegistration {
  return new Registration(options);
}
