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

interface Token {
  /** Where the token and its payload end. */
  end: number;
  /** Values that follow inside of it. */
  items: number;
}

function readLength(buffer: Buffer, at: number, size: 1 | 2 | 4): number {
  if (at + size > buffer.length) {
    throw new ProtocolError('truncated frame');
  }

  return buffer.readUIntBE(at, size);
}

function readToken(buffer: Buffer, at: number): Token {
  const byte = buffer[at];

  if (byte === undefined) {
    throw new ProtocolError('truncated frame');
  }
  if (byte < 0x80 || byte >= 0xe0) {
    return { end: at + 1, items: 0 };
  }
  if (byte < 0x90) {
    return { end: at + 1, items: (byte & 0x0f) * 2 };
  }
  if (byte < 0xa0) {
    return { end: at + 1, items: byte & 0x0f };
  }
  if (byte < 0xc0) {
    return { end: at + 1 + (byte & 0x1f), items: 0 };
  }
  // undefined travels as an extension of type 0 with one byte; no other extension is allowed.
  if (byte === fixext1 && buffer[at + 1] === 0) {
    return { end: at + 3, items: 0 };
  }

  const fixed = fixedSizes[byte];

  if (fixed !== undefined) {
    return { end: at + 1 + fixed, items: 0 };
  }

  const size = lengthSizes[byte];

  if (size === undefined) {
    throw new ProtocolError(`type 0x${byte.toString(16)} is not allowed in a frame`);
  }

  const length = readLength(buffer, at + 1, size);

  if (byte >= 0xdc) {
    return { end: at + 1 + size, items: byte >= 0xde ? length * 2 : length };
  }

  return { end: at + 1 + size + length, items: 0 };
}

/**
 * Checks a frame before it is decoded.
 *
 * @throws {@link ProtocolError} if it is truncated, nested deeper than {@link maxDepth}, declares
 *   more items than it has bytes, holds anything but plain values, or more of them than `values`.
 */
export function checkEncoding(buffer: Buffer, values = maxValues): void {
  const open: number[] = [];
  let at = 0;
  let left = values;

  while (at < buffer.length) {
    const { end, items } = readToken(buffer, at);

    if (end > buffer.length || items > buffer.length - end) {
      throw new ProtocolError('truncated frame');
    }
    at = end;
    left -= 1;
    if (left < 0) {
      throw new ProtocolError(`frame of more than ${values} values`);
    }

    if (items > 0) {
      if (open.length >= maxDepth) {
        throw new ProtocolError(`frame nested deeper than ${maxDepth} levels`);
      }
      open.push(items);
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
