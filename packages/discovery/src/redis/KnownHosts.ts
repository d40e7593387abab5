import type { DiscoveredHost } from '../Discovery.js';
import { InvalidHostError } from '../errors.js';
import { longestDelay } from './Backoff.js';
import { parseHostRecord, type HostRecord } from './HostRecord.js';

/** What a listing in Redis has of a host. */
export type Listed = readonly [id: string, left: string, record: string];

interface Known {
  record: HostRecord;
  /** When its lease lapses, by our own clock. */
  until: number;
}

/**
 * The hosts that Redis told of. One leaves when it says so, or when its lease has lapsed without
 * being renewed; that it is missing in a listing means nothing by itself, as Redis may have lost
 * what it knew.
 */
export class KnownHosts {
  readonly #known = new Map<string, Known>();
  /** By id, what is wrong with its record: told once. */
  #wrong = new Map<string, string>();
  #leaving = new Set<string>();

  get hosts(): DiscoveredHost[] {
    return [...this.#known.values()]
      .map(({ record: { lease: _, ...host } }) => host)
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** When the first lease lapses, by {@link performance.now}; Infinity if there is none. */
  get nextLapse(): number {
    return Math.min(...[...this.#known.values()].map(({ until }) => until));
  }

  /** It says that it leaves: should it be missing in the next listing, it has left. */
  leaves(id: string): void {
    if (this.#known.has(id)) {
      this.#leaving.add(id);
    }
  }

  /**
   * Renewals may have been impossible until now: every lease is a whole one again, and some more, as
   * daemons may not try again before.
   */
  extend(): void {
    const now = performance.now();

    for (const known of this.#known.values()) {
      known.until = Math.max(known.until, now + longestDelay + known.record.lease);
    }
  }

  /** @returns A listing with which {@link Listing.end} brings this up to date. */
  begin(): Listing {
    const leaving = this.#leaving;

    // Who says so while Redis is asked may be in its answer still.
    this.#leaving = new Set();

    return { end: (listed) => this.#update(listed, leaving) };
  }

  /** @returns What is wrong in it and has not been told yet. */
  #update(listed: readonly Listed[], leaving: ReadonlySet<string>): InvalidHostError[] {
    const now = performance.now();
    const present = new Set<string>();
    const wrong = new Map<string, string>();

    for (const [id, left, text] of listed) {
      try {
        const record = parseHostRecord(id, text);
        const lasts = checkLeft(left);
        const before = this.#known.get(id);

        // A newer one was here: its own renewals count, if there are any.
        if (!before || before.record.epoch <= record.epoch) {
          present.add(id);
          this.#known.set(id, { record, until: now + lasts });
        }
      } catch (error) {
        wrong.set(id, (error as Error).message);
      }
    }
    for (const [id, { until }] of this.#known) {
      if (!present.has(id) && (until <= now || leaving.has(id))) {
        this.#known.delete(id);
      }
    }

    return this.#untold(wrong);
  }

  #untold(wrong: Map<string, string>): InvalidHostError[] {
    const before = this.#wrong;

    this.#wrong = wrong;

    return [...wrong]
      .filter(([id, reason]) => before.get(id) !== reason)
      .map(
        ([id, reason]) => new InvalidHostError(`host ${JSON.stringify(id)} is ignored: ${reason}`),
      );
  }
}

/** @throws TypeError for what is no time. */
function checkLeft(left: string): number {
  const lasts = Number(left);

  if (!Number.isFinite(lasts)) {
    throw new TypeError('its lease is none');
  }

  return lasts;
}

export interface Listing {
  end(listed: readonly Listed[]): InvalidHostError[];
}
