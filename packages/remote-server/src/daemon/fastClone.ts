/**
 * mediasoup clones what it gives and takes with structuredClone(), which for its small plain
 * objects costs more than everything else in a call: half of the time of a consume(). In a
 * process that is ours alone it gets a plain copy instead; values that are not plain, and calls
 * that ask for more than a copy, go to the original.
 */
export function useFastClone(): void {
  const original = globalThis.structuredClone;

  globalThis.structuredClone = <T>(value: T, options?: Parameters<typeof original>[1]): T => {
    const copy = options === undefined ? plainCopy(value) : notPlain;

    return copy === notPlain ? original(value, options) : (copy as T);
  };
}

const notPlain = Symbol('not plain');

/** A copy, or {@link notPlain} as soon as there is anything that is not. */
function plainCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' || typeof value === 'symbol' ? notPlain : value;
  }
  if (Array.isArray(value)) {
    return copyOfList(value);
  }

  return Object.getPrototypeOf(value) === Object.prototype
    ? copyOfFields(value as Record<string, unknown>)
    : notPlain;
}

function copyOfList(list: readonly unknown[]): unknown {
  // Most are short; one that grows begins with room for sixteen.
  const copy = new Array<unknown>(list.length);

  for (let index = 0; index < list.length; index += 1) {
    const itemCopy = plainCopy(list[index]);

    if (itemCopy === notPlain) {
      return notPlain;
    }
    copy[index] = itemCopy;
  }

  return copy;
}

function copyOfFields(fields: Record<string, unknown>): unknown {
  const copy: Record<string, unknown> = {};

  for (const key in fields) {
    const fieldCopy = plainCopy(fields[key]);

    if (fieldCopy === notPlain) {
      return notPlain;
    }
    copy[key] = fieldCopy;
  }

  return copy;
}
