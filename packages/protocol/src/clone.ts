/**
 * Copies what can travel: primitives, arrays, plain objects and buffers. Many times faster than
 * structuredClone() for the small objects that mediasoup's getters give.
 */
export function clone<T>(value: T): T {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(clone) as T;
  }
  if (Buffer.isBuffer(value)) {
    return Buffer.from(value) as T;
  }

  const copy: Record<string, unknown> = {};

  for (const key of Object.keys(value)) {
    copy[key] = clone((value as Record<string, unknown>)[key]);
  }

  return copy as T;
}

/** Whether two values that can travel are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) {
    return true;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return false;
  }
  if (Array.isArray(a) !== Array.isArray(b)) {
    return false;
  }

  const keys = Object.keys(a);

  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}
