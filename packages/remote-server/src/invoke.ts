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

/** The first argument with its references replaced by the objects that they stand for. */
export function resolveReferences(
  target: Tracked,
  method: string,
  args: readonly unknown[],
  lookUp: (handle: number) => Tracked | undefined,
): readonly unknown[] {
  const names = target.row.references?.[method];
  const [options, ...rest] = args;

  if (!names || typeof options !== 'object' || options === null) {
    return args;
  }

  const resolved = { ...options } as Record<string, unknown>;

  for (const name of names) {
    const reference = resolved[name];

    if (typeof reference === 'object' && reference !== null) {
      const { $handle: handle } = reference as { $handle?: unknown };

      resolved[name] = (typeof handle === 'number' ? lookUp(handle)?.real : undefined) ?? reference;
    }
  }

  return [resolved, ...rest];
}
