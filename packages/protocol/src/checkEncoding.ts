import { ProtocolError } from './errors.js';

/** How deep containers may be nested in what an untrusted peer sends. */
export const maxDepth = 32;

/**
 * How many values a frame of an untrusted peer may hold. Of empty containers, one byte each, a frame
 * of the largest size would become some hundred MiB and keep everybody waiting for seconds.
 */
export const maxValues = 300_000;

/*
 * Walks MessagePack tokens without building anything, so that what a hostile peer sent is known
 * to be harmless (complete, shallow, no types but the plain ones) before a decoder touches it.
 * The format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */

/** Payload bytes that follow the first byte, for types of a fixed size; from 0xc0. */
const fixedSizes: Record<number, number> = {
  0xc0: 0, // nil
  0xc2: 0, // false
  0xc3: 0, // true
  0xca: 4, // float 32
  0xcb: 8, // float 64
  0xcc: 1, // uint 8
  0xcd: 2, // uint 16
  0xce: 4, // uint 32
  0xcf: 8, // uint 64
  0xd0: 1, // int 8
  0xd1: 2, // int 16
  0xd2: 4, // int 32
  0xd3: 8, // int 64
};
/** Bytes of the length of strings, binaries and containers. */
const lengthSizes: Record<number, 1 | 2 | 4> = {
  0xc4: 1, // bin 8
  0xc5: 2, // bin 16
  0xc6: 4, // bin 32
  0xd9: 1, // str 8
  0xda: 2, // str 16
  0xdb: 4, // str 32
  0xdc: 2, // array 16
  0xdd: 4, // array 32
  0xde: 2, // map 16
  0xdf: 4, // map 32
};
const fixext1 = 0xd4;

/** Goes from token to token. One for a frame, since an object for each token would be garbage. */
class Tokens {
  /** Where the token and its payload end. */
  end = 0;
  /** Values that follow inside of it. */
  items = 0;
  readonly #buffer: Buffer;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  next(): void {
    const byte = this.#buffer[this.end] as number;

    this.end += 1;
    this.items = 0;
    if (byte >= 0xc0 && byte < 0xe0) {
      this.#readLong(byte);
    } else if (byte >= 0x80 && byte < 0x90) {
      this.items = (byte & 0x0f) * 2;
    } else if (byte >= 0x90 && byte < 0xa0) {
      this.items = byte & 0x0f;
    } else if (byte >= 0xa0 && byte < 0xc0) {
      this.end += byte & 0x1f;
    }
  }

  /** Tokens whose first byte does not say how long they are. */
  #readLong(byte: number): void {
    const fixed = fixedSizes[byte];
    const size = lengthSizes[byte];

    if (fixed !== undefined) {
      this.end += fixed;
    } else if (size !== undefined) {
      const length = this.#readLength(size);

      if (byte >= 0xdc) {
        this.items = byte >= 0xde ? length * 2 : length;
      } else {
        this.end += length;
      }
    } else if (byte === fixext1 && this.#buffer[this.end] === 0) {
      // undefined travels as an extension of type 0 with one byte; no other is allowed.
      this.end += 2;
    } else {
      throw new ProtocolError(`type 0x${byte.toString(16)} is not allowed in a frame`);
    }
  }

  #readLength(size: number): number {
    const at = this.end;

    this.end += size;
    if (this.end > this.#buffer.length) {
      throw new ProtocolError('truncated frame');
    }

    return this.#buffer.readUIntBE(at, size);
  }
}

/**
 * Checks a frame before it is decoded.
 *
 * @throws {@link ProtocolError} if it is truncated, nested deeper than {@link maxDepth}, declares
 *   more items than it has bytes, holds anything but plain values, or more of them than `values`.
 */
export function checkEncoding(buffer: Buffer, values = maxValues): void {
  const tokens = new Tokens(buffer);
  const open: number[] = [];
  let left = values;

  while (tokens.end < buffer.length) {
    tokens.next();
    if (tokens.end > buffer.length || tokens.items > buffer.length - tokens.end) {
      throw new ProtocolError('truncated frame');
    }
    left -= 1;
    if (left < 0) {
      throw new ProtocolError(`frame of more than ${values} values`);
    }

    if (tokens.items > 0) {
      if (open.length >= maxDepth) {
        throw new ProtocolError(`frame nested deeper than ${maxDepth} levels`);
      }
      open.push(tokens.items);
    } else {
      closeFinished(open);
    }
  }

  if (open.length > 0) {
    throw new ProtocolError('truncated frame');
  }
}

/** Takes one value off the innermost container, and each container that this fills. */
function closeFinished(open: number[]): void {
  while (open.length > 0) {
    const left = (open[open.length - 1] ?? 0) - 1;

    if (left > 0) {
      open[open.length - 1] = left;

      return;
    }
    open.pop();
  }
}
