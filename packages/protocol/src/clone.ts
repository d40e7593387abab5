/**
 * Copies what can travel: primitives, arrays, plain objects and buffers. Many times faster than
 * structuredClone() for the small objects that mediasoup's getters give.
 */
export function clone<T>(value: T): T {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(cloneItem) as T;
  }
  if (Buffer.isBuffer(value)) {
    return Buffer.from(value) as T;
  }

  const source = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};

  // A list of the keys would cost more than the copy.
  for (const key in source) {
    if (Object.hasOwn(source, key)) {
      copy[key] = clone(source[key]);
    }
  }

  return copy as T;
}

function cloneItem(item: unknown): unknown {
  return clone(item);
}

/** Whether two values that can travel are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) {
    return true;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return false;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && sameItems(a, b);
  }

  return sameFields(a as Record<string, unknown>, b as Record<string, unknown>);
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) {
    return false;
  }
  for (let index = 0; index < a.length; index += 1) {
    if (!same(a[index], b[index])) {
      return false;
    }
  }

  return true;
}

/** Without lists of the keys: capabilities are compared at each consume(). */
function sameFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  let difference = 0;

  for (const key in a) {
    if (Object.hasOwn(a, key)) {
      difference += 1;
      if (!Object.hasOwn(b, key) || !same(a[key], b[key])) {
        return false;
      }
    }
  }
  for (const key in b) {
    if (Object.hasOwn(b, key)) {
      difference -= 1;
    }
  }

  return difference === 0;
}
