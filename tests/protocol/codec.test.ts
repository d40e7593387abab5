import {
  decodeFrame,
  encodeForeign,
  encodeFrame,
  encodeMessage,
  maxDepth,
  ProtocolError,
  type Message,
} from '@tureen/protocol';
import { describe, expect, test } from 'vitest';

const wrap = (value: unknown): Message => [1, 2, 3, 'method', [value]] as Message;

/** The value as the other end gets it. */
function travelled(value: unknown, encode = encodeMessage): unknown {
  const { messages } = decodeFrame(encodeFrame(1, 0, [encode(wrap(value))]), true);

  return (messages[0]?.[4] as unknown[])[0];
}

describe('values that travel', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['undefined and null in an object', { a: undefined, b: null }],
    ['undefined and null in an array', [undefined, null]],
    ['booleans', [true, false]],
    ['NaN', NaN],
    ['infinities', [Infinity, -Infinity]],
    ['integers', [0, 1, -1, 127, 128, -32, -33, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32]],
    ['large integers', [2 ** 40, -(2 ** 40), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]],
    ['fractions', [0.1, -1.5, Number.MAX_VALUE, Number.MIN_VALUE]],
    ['strings', ['', 'a', '☃', '𝄞', 'x'.repeat(70_000), 'a\0b']],
    ['long arrays', Array.from({ length: 70_000 }, (_, index) => index)],
    ['objects', { a: { b: { c: [] } }, '': 1, 'a b': 2 }],
  ])('%s', (_what, value) => {
    expect(travelled(value)).toStrictEqual(value);
  });

  test('a key whose value is undefined is still there', () => {
    expect(Object.keys(travelled({ a: undefined }) as object)).toEqual(['a']);
  });

  test('a Buffer is a Buffer of its own', () => {
    const frame = encodeFrame(1, 0, [encodeMessage(wrap(Buffer.from('packet')))]);
    const decoded = decodeFrame(frame, true).messages[0]?.[4] as unknown as [Buffer];

    expect(decoded[0]).toStrictEqual(Buffer.from('packet'));
    frame.fill(0);
    expect(decoded[0].toString()).toBe('packet');
  });

  test('bytes that are no Buffer arrive as one', () => {
    expect(travelled(new Uint8Array([1, 2]))).toStrictEqual(Buffer.from([1, 2]));
  });

  test('negative zero arrives as zero, which nothing in the API tells apart', () => {
    expect(travelled(-0)).toBe(0);
  });

  test('a key cannot reach the prototype', () => {
    const map = Buffer.concat([
      Buffer.from([0x81, 0xa9]),
      Buffer.from('__proto__'),
      Buffer.from([0x81, 0xa8]),
      Buffer.from('polluted'),
      Buffer.from([0x01]),
    ]);
    const message = Buffer.concat([Buffer.from([0x92, 0x01]), map]);
    const value = decodeFrame(encodeFrame(1, 0, [message]), true).messages[0]?.[1] as object;

    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('frames', () => {
  test('carry their number, an acknowledgement and messages in order', () => {
    const messages = [1, 2, 3].map((id) => [1, id, 0, 'getStats', []] as Message);

    expect(decodeFrame(encodeFrame(7, 5, messages.map(encodeMessage)), true)).toStrictEqual({
      sequence: 7,
      acknowledged: 5,
      messages,
    });
  });

  test('may be empty', () => {
    expect(decodeFrame(encodeFrame(0, 9, []), true).messages).toEqual([]);
  });

  const raw = (...values: unknown[]): Buffer =>
    Buffer.concat(values.map((value) => encodeMessage(value as Message)));

  test.each<[string, Buffer]>([
    ['nothing at all', Buffer.alloc(0)],
    ['no header', raw('hello')],
    ['a header without numbers', raw(['one', 'two'])],
    ['a header with half a number', raw([1.5, 0])],
    ['a negative sequence', raw([-1, 0])],
    ['a sequence beyond all counting', raw([2 ** 60, 0])],
    ['half a header', raw([1])],
    ['something that is no message', raw([1, 0], 'call me')],
    ['a message without a type', raw([1, 0], [])],
    ['a message with a name for a type', raw([1, 0], ['call'])],
    ['a map with a map for a key', Buffer.concat([raw([1, 0]), Buffer.from([0x81, 0x80, 0x01])])],
  ])('are refused with %s', (_what, frame) => {
    for (const untrusted of [true, false]) {
      expect(() => decodeFrame(frame, untrusted)).toThrow(ProtocolError);
    }
  });
});

class Point {
  x = 1;
  #secret = 2;
  get sum(): number {
    return this.x + this.#secret;
  }
}

describe('what an application gives', () => {
  const foreign = (value: unknown): unknown => travelled(value, encodeForeign);

  test('plain values pass as they are', () => {
    const value = { a: [1, 'two', null, undefined], b: Buffer.from('c') };

    expect(foreign(value)).toStrictEqual(value);
  });

  test.each<[string, unknown, unknown]>([
    ['a date', { keep: 1, odd: new Date() }, { keep: 1, odd: {} }],
    ['a long integer', { keep: 1, odd: 2n ** 70n }, { keep: 1, odd: {} }],
    ['a symbol', { keep: 1, odd: Symbol('x') }, { keep: 1, odd: {} }],
    [
      'a map',
      { keep: 1, date: new Date(), odd: new Map([['a', 1]]) },
      { keep: 1, date: {}, odd: {} },
    ],
    ['a date in an array', [1, new Date(), 2], [1, {}, 2]],
    ['a function', { keep: 1, odd: () => 1 }, { keep: 1, odd: {} }],
    ['a method', { keep: 1, odd() {} }, { keep: 1, odd: {} }],
    ['a class', { keep: 1, odd: Point }, { keep: 1, odd: {} }],
  ])('%s arrives as an empty object', (_what, value, expected) => {
    expect(foreign(value)).toStrictEqual(expected);
  });

  test('an instance of a class gives its public fields', () => {
    expect(foreign({ point: new Point() })).toEqual({ point: { x: 1 } });
  });

  test('a cycle ends where it is too deep', () => {
    const cycle: Record<string, unknown> = { name: 'ring' };

    cycle['next'] = cycle;
    expect(foreign(cycle)).toMatchObject({ name: 'ring', next: { name: 'ring' } });
  });

  test('what is nested too deep for the server is cut to what it takes', () => {
    let value: unknown = 'bottom';

    for (let level = 0; level < maxDepth * 2; level += 1) value = { value };
    expect(() => foreign(value)).not.toThrow();
    expect(JSON.stringify(foreign(value))).not.toContain('bottom');
  });

  test('encoding goes on working after what could not be encoded', () => {
    const cycle: unknown[] = [];

    cycle.push(cycle);
    foreign(cycle);
    foreign(2n ** 70n);
    expect(foreign({ a: [1] })).toEqual({ a: [1] });
  });

  test('what happens to the value afterwards changes nothing', () => {
    const options = { list: [1] };
    const message = encodeForeign(wrap(options));

    options.list.push(2);

    const { messages } = decodeFrame(encodeFrame(1, 0, [message]), true);

    expect(messages[0]?.[4]).toEqual([{ list: [1] }]);
  });
});
