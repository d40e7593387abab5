import { clone, unpackValue } from '@tureen/protocol';

/**
 * A large field that most objects are asked for once, if ever: unpacked for whoever asks first, and
 * kept unpacked only for those who ask again.
 */
export class Packed {
  readonly #packed: Buffer;
  #asked = false;
  #value: unknown;

  constructor(packed: Buffer) {
    this.#packed = packed;
  }

  /** A copy that belongs to the caller. */
  read(): unknown {
    if (!this.#asked) {
      this.#asked = true;

      return unpackValue(this.#packed);
    }
    this.#value ??= unpackValue(this.#packed);

    return clone(this.#value);
  }
}
