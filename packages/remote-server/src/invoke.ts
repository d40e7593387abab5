import { UnsupportedCallError } from './errors.js';
import type { Tracked } from './Tracked.js';

/** A method of a mediasoup object, called by name. */
export function invoke(real: object, method: string, args: readonly unknown[]): unknown {
  const member = (real as Record<string, unknown>)[method];

  if (typeof member !== 'function') {
    throw new UnsupportedCallError(`this server's mediasoup has no ${method}()`);
  }

  return Reflect.apply(member, real, args);
}

/** What names in the options of calls stand for. */
export interface Names {
  object(handle: number): object | undefined;
  value(number: number): unknown;
}

/** The arguments with each object and value that they name in its place. */
export function resolveNames(
  target: Tracked,
  method: string,
  args: readonly unknown[],
  names: Names,
): readonly unknown[] {
  const references = target.row.references?.[method];
  const shared = target.row.shared?.[method];
  const [options, ...rest] = args;

  if ((!references && !shared) || typeof options !== 'object' || options === null) {
    return args;
  }

  const resolved = { ...options } as Record<string, unknown>;

  for (const option of references ?? []) {
    const handle = nameIn(resolved[option], '$handle');

    resolved[option] = (handle !== undefined && names.object(handle)) || resolved[option];
  }
  for (const option of shared ?? []) {
    const number = nameIn(resolved[option], '$shared');

    resolved[option] = number === undefined ? resolved[option] : names.value(number);
  }

  return [resolved, ...rest];
}

/** The number under that key, if the value is a name at all. */
export function nameIn(value: unknown, key: string): number | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
    return undefined;
  }

  const name = (value as Record<string, unknown>)[key];

  return typeof name === 'number' ? name : undefined;
}
