import {
  abortedRequest,
  measuredKeys,
  quotedAsItArrives,
  quotedFunction,
  randomKeys,
} from './exceptions.js';

const fingerprint = /^(?:[0-9A-F]{2}:){19,}[0-9A-F]{2}$/;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** A random SSRC of mediasoup's is larger than any that a sequence uses. */
const smallestRandomSsrc = 1_000_000;

export interface NormaliserOptions {
  /** Name of an object of the sequence. */
  nameOf(object: object): string | undefined;
  errorClasses: Readonly<Record<string, unknown>>;
  /** Ports that are the same for all targets. */
  knownPorts: ReadonlySet<number>;
}

/** Writes values as text that is the same for two targets that did the same. */
export class Normaliser {
  readonly #options: NormaliserOptions;
  readonly #ids = new Map<string, string>();
  readonly #random = new Map<string, Map<unknown, string>>();
  /** Undefined while random values get no number at all. */
  #scope: string | undefined = '';

  constructor(options: NormaliserOptions) {
    this.#options = options;
  }

  /** From now on, this id is written as that name. The first name stays. */
  nameId(id: string, name: string): void {
    if (!this.#ids.has(id)) {
      this.#ids.set(id, `<id of ${name}>`);
    }
  }

  /**
   * @param scope - Random values are numbered in the order in which they appear in a scope.
   * @param key - Name of the field that holds the value.
   */
  text(value: unknown, scope: string, key = ''): string {
    this.#scope = scope;

    return JSON.stringify(this.#value(value, key));
  }

  /** Only what is there and of which type, since the values are measured. */
  shape(value: unknown): string {
    // What is in no order must not decide which number random values get.
    this.#scope = undefined;

    return JSON.stringify(shapeOf(this.#value(value, '')));
  }

  error(error: unknown, scope: string): string {
    this.#scope = scope;

    return this.#error(error);
  }

  #error(error: unknown): string {
    if (!(error instanceof Error)) {
      return `not an Error: ${JSON.stringify(this.#value(error, ''))}`;
    }

    const { errorClasses } = this.#options;
    const known = Object.entries({ TypeError, RangeError, Error, ...errorClasses }).find(
      ([, known]) => known === error.constructor,
    );
    const message = this.#string(error.message, '').replace(abortedRequest, '$1');

    return `${known?.[0] ?? `unknown class ${error.constructor.name}`} (${error.name}): ${message}`;
  }

  #value(value: unknown, key: string): unknown {
    switch (typeof value) {
      case 'undefined':
        return '<undefined>';
      case 'string':
        return this.#string(value, key);
      case 'number':
        return this.#number(value, key);
      case 'bigint':
      case 'symbol':
        return `<${typeof value}>`;
      case 'function':
        // As it arrives.
        return {};
      case 'object':
        return value === null ? null : this.#object(value, key);
      default:
        return value;
    }
  }

  #object(value: object, key: string): unknown {
    const name = this.#options.nameOf(value);

    if (name !== undefined) {
      return `@${name}`;
    }
    if (value instanceof Error) {
      return this.#error(value);
    }
    if (value instanceof Uint8Array) {
      return `${Buffer.isBuffer(value) ? 'Buffer' : value.constructor.name} ${Buffer.from(value).toString('latin1')}`;
    }
    if (Array.isArray(value)) {
      return value.map((item) => this.#value(item, key));
    }

    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((name) => [name, this.#value((value as Record<string, unknown>)[name], name)]),
    );
  }

  #string(value: string, key: string): string {
    if (fingerprint.test(value) || (randomKeys.has(key) && !value.startsWith('cname-'))) {
      return this.#numbered(key, value);
    }

    return value
      .replaceAll(uuid, (id) => this.#ids.get(id) ?? this.#numbered('id', id))
      .replaceAll(/\bpid:\d+/g, 'pid:N')
      .replaceAll(quotedFunction, quotedAsItArrives);
  }

  #number(value: number, key: string): unknown {
    if (measuredKeys.has(key)) {
      return `<${key}>`;
    }
    if (/ssrc$/i.test(key)) {
      return value < smallestRandomSsrc ? value : this.#numbered('ssrc', value);
    }
    // A port that is free again may be given to the next who asks, so numbers say nothing.
    if (/port$/i.test(key) && value !== 0 && !this.#options.knownPorts.has(value)) {
      return '<port>';
    }
    if (key === 'pid') {
      return this.#numbered(key, value);
    }

    return Number.isFinite(value) ? value : `<${value}>`;
  }

  #numbered(key: string, value: unknown): string {
    if (this.#scope === undefined) {
      return `<${key}>`;
    }

    const scope = this.#random.get(this.#scope) ?? new Map<unknown, string>();
    const known = scope.get(value) ?? `<${key} ${scope.size}>`;

    this.#random.set(this.#scope, scope.set(value, known));

    return known;
  }
}

/** Arrays lose their order: the worker keeps much in hash tables. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => JSON.stringify(shapeOf(item))).sort();
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
  }

  return typeof value === 'number' ? 'number' : value;
}
