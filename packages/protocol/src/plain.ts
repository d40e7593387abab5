/** How much of a foreign object is worth taking along. */
const maxItems = 100;
const maxTextLength = 1024;

/**
 * Gives of any value what can travel: primitives, buffers, arrays and plain objects, down to
 * `depth`, without cycles. The rest (functions, symbols, instances of classes, what is too deep or
 * too long) is left out. For values that are only for people to see, such as `appData`.
 */
export function plain(value: unknown, depth = 3): unknown {
  switch (typeof value) {
    case 'string':
      return value.length > maxTextLength ? `${value.slice(0, maxTextLength)}…` : value;
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : plainObject(value, depth);
    default:
      return undefined;
  }
}

function plainObject(value: object, depth: number): unknown {
  if (depth === 0) {
    return undefined;
  }
  if (Array.isArray(value)) {
    return value.slice(0, maxItems).map((item) => plain(item, depth - 1));
  }

  const prototype: unknown = Object.getPrototypeOf(value);

  if (prototype !== Object.prototype && prototype !== null) {
    return undefined;
  }

  const copy: Record<string, unknown> = {};

  for (const [key, item] of ownValues(value)) {
    const travelling = plain(item, depth - 1);

    if (travelling !== undefined) {
      copy[key] = travelling;
    }
  }

  return copy;
}

/** Values of data properties only: a getter is the application's code and may do anything. */
function ownValues(value: object): [string, unknown][] {
  return Object.entries(Object.getOwnPropertyDescriptors(value))
    .slice(0, maxItems)
    .filter(([, property]) => property.enumerable && 'value' in property)
    .map(([key, property]) => [key, property.value]);
}
