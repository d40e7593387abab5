import type { DiscoveredHost, HostLoad } from '../Discovery.js';
import { hostUrl } from '../hostUrl.js';

/** What Redis holds of a host, as JSON. */
export interface HostRecord extends DiscoveredHost {
  readonly epoch: number;
  /** Milliseconds; how long it may go without being renewed. */
  readonly lease: number;
}

export const largestRecord = 16 * 1024;
const longestText = 100;
const mostEntries = 40;
const longestLease = 24 * 60 * 60 * 1000;

/** @throws TypeError for what cannot be the name of a host. */
export function checkHostId(id: unknown): string {
  // eslint-disable-next-line no-control-regex
  if (typeof id !== 'string' || !/^[^\x00-\x20\x7f]{1,256}$/.test(id)) {
    throw new TypeError('the id of a host is 1 to 256 characters without spaces');
  }

  return id;
}

/** @throws TypeError */
export function checkLease(lease: unknown): number {
  if (typeof lease !== 'number' || !(lease >= 100 && lease <= longestLease)) {
    throw new TypeError('a lease is 100 milliseconds to a day');
  }

  return lease;
}

/** @throws TypeError that says what is wrong, in the words of an operator. */
export function checkTags(tags: unknown): Record<string, string> {
  const entries = entriesOf(tags, 'tags');

  for (const [name, value] of entries) {
    if (typeof value !== 'string' || value.length > longestText || name.length > longestText) {
      throw new TypeError(`tags are texts of at most ${longestText} characters`);
    }
  }

  return Object.fromEntries(entries) as Record<string, string>;
}

/** @throws TypeError */
export function checkLoad(load: unknown): HostLoad {
  const entries = entriesOf(load, 'load');

  for (const [name, value] of entries) {
    if (!Number.isFinite(value) || name.length > longestText) {
      throw new TypeError('load consists of finite numbers');
    }
  }

  return Object.fromEntries(entries) as HostLoad;
}

/**
 * A record as it came from Redis, where anybody may have written it.
 *
 * @throws TypeError that says what is wrong; it repeats nothing of the record.
 */
export function parseHostRecord(id: string, text: string): HostRecord {
  checkHostId(id);
  if (text === '') {
    throw new TypeError('its record is missing or too large');
  }

  const record = parseObject(text);
  const { epoch, draining } = record;

  if (record.id !== id) {
    throw new TypeError('its record is that of another host');
  }
  if (typeof record.url !== 'string') {
    throw new TypeError('it has no URL');
  }
  if (!Number.isSafeInteger(epoch) || (epoch as number) < 1) {
    throw new TypeError('its epoch is none');
  }
  if (draining !== undefined && typeof draining !== 'boolean') {
    throw new TypeError('its draining state is none');
  }

  return {
    id,
    url: hostUrl(record.url),
    epoch: epoch as number,
    lease: checkLease(record.lease),
    draining: draining ?? false,
    tags: checkTags(record.tags ?? {}),
    load: checkLoad(record.load ?? {}),
  };
}

function parseObject(text: string): Record<string, unknown> {
  let parsed: unknown;

  try {
    parsed = JSON.parse(text);
  } catch {
    throw new TypeError('its record is not JSON');
  }
  entriesOf(parsed, 'a record');

  return parsed as Record<string, unknown>;
}

function entriesOf(value: unknown, what: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${what}: not an object`);
  }

  const entries = Object.entries(value);

  if (entries.length > mostEntries) {
    throw new TypeError(`${what}: more than ${mostEntries} entries`);
  }

  return entries;
}
