import {
  checkEncoding,
  decodeFrame,
  encodeFrame,
  encodeMessage,
  maxDepth,
  ProtocolError,
  type Message,
} from '@tureen/protocol';
import { describe, expect, test } from 'vitest';
import { below, mutate, randomValue, seed, seeded } from './random.js';

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x91), bytes(0xc0)]);

const accepted: [string, Buffer][] = [
  ['nothing', bytes()],
  ['nil, booleans and small integers', bytes(0xc0, 0xc2, 0xc3, 0x00, 0x7f, 0xe0, 0xff)],
  ['integers', bytes(0xcc, 1, 0xcd, 1, 2, 0xce, 1, 2, 3, 4, 0xd0, 1, 0xd1, 1, 2, 0xd2, 1, 2, 3, 4)],
  ['floats', bytes(0xca, 0, 0, 0, 0, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0)],
  ['undefined', bytes(0xd4, 0, 0)],
  ['short strings', bytes(0xa2, 0x61, 0x62, 0xa0)],
  ['strings with a length', bytes(0xd9, 1, 0x61, 0xda, 0, 1, 0x61, 0xdb, 0, 0, 0, 1, 0x61)],
  ['binaries', bytes(0xc4, 1, 9, 0xc5, 0, 1, 9, 0xc6, 0, 0, 0, 1, 9)],
  ['arrays', bytes(0x92, 1, 2, 0x90, 0xdc, 0, 1, 1, 0xdd, 0, 0, 0, 1, 1)],
  ['maps', bytes(0x81, 0xa1, 0x61, 1, 0x80, 0xde, 0, 0, 0xdf, 0, 0, 0, 0)],
  ['as deep as is allowed', nested(maxDepth)],
];

const refused: [string, Buffer, RegExp][] = [
  ['deeper than is allowed', nested(maxDepth + 1), /deeper than 32/],
  ['very deep', nested(100_000), /deeper/],
  ['deep in maps', Buffer.concat(Array(40).fill(bytes(0x81, 0xa1, 0x61))), /deeper|truncated/],
  ['an array without its items', bytes(0x92, 1), /truncated/],
  ['a map without its value', bytes(0x81, 1), /truncated/],
  ['a string without its end', bytes(0xa3, 0x61), /truncated/],
  ['a length without its end', bytes(0xdb, 0, 0), /truncated/],
  ['a float without its end', bytes(0xcb, 0, 0, 0), /truncated/],
  ['more items than bytes', bytes(0xdd, 0xff, 0xff, 0xff, 0xff, 1), /truncated/],
  ['more pairs than bytes', bytes(0xdf, 0x80, 0, 0, 0, 1, 1), /truncated/],
  ['a binary of four gigabytes', bytes(0xc6, 0xff, 0xff, 0xff, 0xff), /truncated/],
  ['the type that MessagePack never uses', bytes(0xc1), /0xc1 is not allowed/],
  ['a date', bytes(0xd6, 0xff, 0, 0, 0, 0), /not allowed/],
  ['a record', bytes(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1), /not allowed/],
  ['an error', bytes(0xc7, 1, 0x65, 0x90), /not allowed/],
  ['an extension of one byte', bytes(0xd4, 1, 0), /not allowed/],
  ['undefined without its end', bytes(0xd4, 0), /truncated/],
];

describe('checkEncoding()', () => {
  test.each(accepted)('accepts %s', (_what, frame) => {
    expect(() => checkEncoding(frame)).not.toThrow();
  });

  test.each(refused)('refuses %s', (_what, frame, message) => {
    expect(() => checkEncoding(frame)).toThrow(ProtocolError);
    expect(() => checkEncoding(frame)).toThrow(message);
  });

  test('every cut of a valid frame is refused, or is a shorter frame', () => {
    const whole = encodeFrame(1, 0, [encodeMessage([1, 2, 3, 'method', [{ a: [1, 'two'] }]])]);

    for (let end = 0; end < whole.length; end += 1) {
      const cut = whole.subarray(0, end);

      try {
        checkEncoding(cut);
        // Cut between two values.
        expect([0, 3]).toContain(end);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }
  });
});

/** Only what a decoder of JSON could give, and undefined, buffers and long integers. */
function expectPlain(value: unknown, depth = 0): void {
  expect(depth).toBeLessThanOrEqual(maxDepth);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) {
    expect(typeof value).not.toBe('function');
  } else if (Array.isArray(value)) {
    value.forEach((item) => expectPlain(item, depth + 1));
  } else {
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    Object.values(value).forEach((item) => expectPlain(item, depth + 1));
  }
}

describe(`mutated frames (FUZZ_SEED=${seed})`, () => {
  const random = seeded(seed);
  const frames = Array.from({ length: 200 }, (_, index) =>
    encodeFrame(
      index,
      index,
      Array.from({ length: 1 + below(random, 3) }, () =>
        encodeMessage([1, index, 3, 'method', randomValue(random)] as unknown as Message),
      ),
    ),
  );

  test('what was not mutated passes', () => {
    for (const frame of frames) {
      expect(() => decodeFrame(frame, true)).not.toThrow();
    }
  });

  test('30,000 of them are refused with a ProtocolError, or are plain', () => {
    const outcomes = { refused: 0, decoded: 0 };

    for (let round = 0; round < 30_000; round += 1) {
      const bytes = mutate(
        random,
        frames[round % frames.length] as Buffer,
        frames[below(random, frames.length)] as Buffer,
      );

      try {
        expectPlainFrame(decodeFrame(bytes, true));
        outcomes.decoded += 1;
      } catch (error) {
        if (!(error instanceof ProtocolError)) {
          throw new Error(`round ${round}: ${bytes.toString('hex')}`, { cause: error });
        }
        outcomes.refused += 1;
      }
    }
    // Both kinds, or the mutations say nothing.
    expect(outcomes.refused).toBeGreaterThan(1000);
    expect(outcomes.decoded).toBeGreaterThan(1000);
  });
});

function expectPlainFrame({ messages }: { messages: Message[] }): void {
  for (const message of messages) {
    // Vitest's expect() for each of millions of values would take minutes.
    if (!isPlain(message)) expectPlain(message);
  }
}

function isPlain(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) {
    return typeof value !== 'function';
  }
  if (Array.isArray(value)) {
    return depth <= maxDepth && value.every((item) => isPlain(item, depth + 1));
  }

  return (
    depth <= maxDepth &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every((item) => isPlain(item, depth + 1))
  );
}
