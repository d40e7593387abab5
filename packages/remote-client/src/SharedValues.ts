import { clone, LimitExceededError, same, sharedValues, type WireError } from '@tureen/protocol';

const limitExceeded = new LimitExceededError().name;

interface Shared {
  number: number;
  content: string;
  /** As the server has it; the application may change its own. */
  copy: unknown;
}

/**
 * Values that calls name by number, since they are large and come again: RTP capabilities, of
 * which an application has one for each kind of endpoint and gives one with every consume().
 */
export class SharedValues {
  readonly #share: (number: number, value: unknown) => void;
  /** By the very object that the application gave. */
  readonly #byObject = new WeakMap<object, Shared>();
  /** By content, for applications that parse them afresh for each endpoint. */
  readonly #byContent = new Map<string, Shared>();
  readonly #byNumber: Shared[] = [];
  #next = 0;

  /** @param share - Tells the server of a value, or throws. */
  constructor(share: (number: number, value: unknown) => void) {
    this.#share = share;
  }

  /** What travels in the value's place. */
  name(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) {
      return value;
    }

    const known = this.#byObject.get(value);

    // The server has another one under that number if too many came since.
    if (known && this.#byNumber[known.number] === known && same(known.copy, value)) {
      return { $shared: known.number };
    }

    const shared = this.#find(value);

    if (!shared) {
      return value;
    }
    this.#byObject.set(value, shared);

    return { $shared: shared.number };
  }

  /** A call failed. If it may be since the server had no room for a value, all are shared again. */
  failed({ name }: WireError): void {
    if (name === limitExceeded) {
      this.#byContent.clear();
      this.#byNumber.length = 0;
    }
  }

  #find(value: object): Shared | undefined {
    const content = stringify(value);

    if (content === undefined) {
      return undefined;
    }

    const known = this.#byContent.get(content);

    if (known && same(known.copy, value)) {
      return known;
    }

    return this.#add(content, value);
  }

  #add(content: string, value: object): Shared | undefined {
    const shared = { number: this.#next, content, copy: clone(value) };

    try {
      this.#share(shared.number, shared.copy);
    } catch {
      // Too big, or too much waits already: the call that has it instead is refused for the same.
      return undefined;
    }
    this.#next = (this.#next + 1) % sharedValues;
    this.#byContent.delete(this.#byNumber[shared.number]?.content ?? '');
    this.#byContent.set(content, shared);
    this.#byNumber[shared.number] = shared;

    return shared;
  }
}

/** Undefined for what has cycles, or no content. */
function stringify(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
