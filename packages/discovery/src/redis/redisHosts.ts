import type { Discovery } from '../Discovery.js';
import { DiscoveryBase } from '../DiscoveryBase.js';
import { largestRecord } from './HostRecord.js';
import { KnownHosts, type Listed } from './KnownHosts.js';
import { RedisLink } from './RedisLink.js';
import type { RedisTls } from './redisUrl.js';
import { keysOf, list, type Keys } from './scripts.js';

export interface RedisOptions {
  /** Before every key and channel. Default: `?prefix=` of the URL, or `tureen:`. */
  prefix?: string;
  /** Milliseconds between looks at all hosts; changes are told in between. Default 5000. */
  interval?: number;
  /** Milliseconds without an answer after which Redis counts as gone. Default 3000. */
  timeout?: number;
  /** For `rediss:`. */
  tls?: RedisTls;
}

const mostHosts = 10_000;
/** Milliseconds between two looks, however many changes are told. */
const atLeastBetween = 100;

class RedisDiscovery extends DiscoveryBase {
  readonly #link: RedisLink;
  readonly #keys: Keys;
  readonly #interval: number;
  readonly #known = new KnownHosts();
  #timer: NodeJS.Timeout | undefined;
  #nextLook = Infinity;
  #looking = false;
  #again = false;
  #lastLook = -Infinity;

  constructor(url: string, options: RedisOptions) {
    super();
    const { tls, prefix, timeout = 3000 } = options;

    this.#link = new RedisLink({ url, tls, prefix, timeout });
    this.#keys = keysOf(this.#link.prefix);
    this.#interval = options.interval ?? 5000;
    this.#link.on('up', () => void this.#connected());
    this.#link.on('down', (error) => this.#disconnected(error));
  }

  protected begin(): void {
    this.#link.open();
  }

  protected async end(): Promise<void> {
    this.#unplan();
    this.#link.close();
  }

  async #connected(): Promise<void> {
    try {
      // First, so that no change is missed between the two.
      await this.#link.run((client) =>
        client.subscribe(this.#keys.changes, (message) => this.#changed(message)),
      );
    } catch {
      // The link tells that it is down.
      return;
    }
    this.#known.extend();
    this.#plan(0);
  }

  #disconnected(error: Error): void {
    this.#unplan();
    this.failed(`Redis (${this.#link.shown}) cannot be used`, error);
  }

  #changed(message: string): void {
    if (message.startsWith('-')) {
      this.#known.leaves(message.slice(1));
    }
    if (this.#looking) {
      this.#again = true;
    } else {
      this.#plan(Math.max(0, this.#lastLook + atLeastBetween - performance.now()));
    }
  }

  /** Looks then, unless it is going to earlier. */
  #plan(delay: number): void {
    const at = performance.now() + delay;

    if (this.closed || at >= this.#nextLook) {
      return;
    }
    clearTimeout(this.#timer);
    this.#nextLook = at;
    this.#timer = setTimeout(() => void this.#look(), delay);
  }

  #unplan(): void {
    clearTimeout(this.#timer);
    this.#nextLook = Infinity;
  }

  async #look(): Promise<void> {
    const listing = this.#known.begin();

    this.#unplan();
    this.#looking = true;
    this.#again = false;
    try {
      listing.end(await this.#list()).forEach((error) => this.complain(error));
    } catch (error) {
      // Otherwise the link has told that it is down, and goes on when it is up.
      if (this.#link.isUp) {
        this.failed(`Redis (${this.#link.shown}) answers what makes no sense`, error);
        this.#plan(this.#interval);
      }

      return;
    } finally {
      this.#looking = false;
      this.#lastLook = performance.now();
    }
    this.recovered();
    this.learned(this.#known.hosts);
    this.#plan(this.#again ? atLeastBetween : this.#untilNext());
  }

  async #list(): Promise<readonly Listed[]> {
    const { leases, hosts } = this.#keys;
    const limits = [String(mostHosts), String(largestRecord)];

    return (await this.#link.run((client) =>
      client.eval(list, { keys: [leases, hosts], arguments: limits }),
    )) as unknown as Listed[];
  }

  /** A lapse is looked for when it is due: only Redis can say that there was no renewal. */
  #untilNext(): number {
    const untilLapse = this.#known.nextLapse - performance.now() + atLeastBetween;

    return Math.max(atLeastBetween, Math.min(this.#interval, untilLapse));
  }
}

/**
 * Hosts that register themselves in Redis ({@link registerHost}). Redis is needed to learn of
 * changes and for nothing else: while it cannot be used, everything stays as it is known.
 *
 * @param url - `redis://` or, with TLS, `rediss://`; with user and password if it wants them. It
 *   must lead to the primary, also after a failover.
 * @throws TypeError for a URL that cannot be one of a Redis server.
 */
export function redisHosts(url: string, options: RedisOptions = {}): Discovery {
  return new RedisDiscovery(url, options);
}
