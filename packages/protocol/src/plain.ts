export interface PlainLimits {
  /** Levels of containers. */
  depth: number;
  /** Items of one container. */
  items: number;
  /** Characters of one string. */
  text: number;
  /** What comes in the place of what cannot travel. Default undefined: it is left out. */
  instead?: unknown;
}

/** For values that are only for people to see. */
const forPeople: PlainLimits = { depth: 3, items: 100, text: 1024 };

/**
 * Gives of any value what can travel: primitives, buffers, arrays and plain objects. The rest
 * (functions, symbols, instances of classes, what is too deep, too long or too many) is left out
 * or replaced.
 *
 * @param limits - Default: enough for values that are only for people to see, such as `appData`.
 */
export function plain(value: unknown, limits: PlainLimits = forPeople): unknown {
  switch (typeof value) {
    case 'string':
      return value.length > limits.text ? `${value.slice(0, limits.text)}…` : value;
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null || Buffer.isBuffer(value) ? value : plainObject(value, limits);
    default:
      return limits.instead;
  }
}

function plainObject(value: object, limits: PlainLimits): unknown {
  const inner = { ...limits, depth: limits.depth - 1 };

  if (inner.depth < 0) {
    return limits.instead;
  }
  if (Array.isArray(value)) {
    return value.slice(0, limits.items).map((item) => plain(item, inner));
  }

  const prototype: unknown = Object.getPrototypeOf(value);

  if (prototype !== Object.prototype && prototype !== null) {
    return limits.instead;
  }

  const copy: Record<string, unknown> = {};

  for (const [key, item] of ownValues(value).slice(0, limits.items)) {
    const travelling = plain(item, inner);

    if (travelling !== undefined) {
      copy[key] = travelling;
    }
  }

  return copy;
}

/** Values of data properties only: a getter is the application's code and may do anything. */
function ownValues(value: object): [string, unknown][] {
  return Object.entries(Object.getOwnPropertyDescriptors(value))
    .filter(([, property]) => property.enumerable && 'value' in property)
    .map(([key, property]) => [key, property.value]);
}
