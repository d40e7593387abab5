import { clone, plain, same } from '@tureen/protocol';
import { describe, expect, test } from 'vitest';

describe('plain()', () => {
  test.each<[string, unknown]>([
    ['text', 'text'],
    ['numbers', 1.5],
    ['booleans', false],
    ['null', null],
    ['arrays', [1, 'two', [3]]],
    ['objects', { a: { b: 1 } }],
  ])('keeps %s', (_what, value) => {
    expect(plain(value)).toStrictEqual(value);
  });

  test('keeps the very buffer', () => {
    const buffer = Buffer.from('x');

    expect(plain(buffer)).toBe(buffer);
  });

  test.each<[string, unknown]>([
    ['functions', () => 1],
    ['symbols', Symbol('x')],
    ['long integers', 1n],
    ['undefined', undefined],
    ['dates', new Date()],
    ['maps', new Map()],
    ['instances of classes', new (class Thing {})()],
  ])('leaves out %s', (_what, value) => {
    expect(plain(value)).toBeUndefined();
    expect(plain({ a: 1, value })).toStrictEqual({ a: 1 });
  });

  test('never runs a getter of the application', () => {
    const value = {
      a: 1,
      get trap(): never {
        throw new Error('was run');
      },
    };

    expect(plain(value)).toStrictEqual({ a: 1 });
  });

  test('takes objects without a prototype', () => {
    expect(plain(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
  });

  test('ends: what is too deep, too many or too long is left out', () => {
    const cycle: Record<string, unknown> = { n: 1 };

    cycle['cycle'] = cycle;
    expect(plain(cycle)).toStrictEqual({ n: 1, cycle: { n: 1, cycle: { n: 1 } } });
    expect(plain(Array(1000).fill(1))).toHaveLength(100);
    expect(Object.keys(plain({ ...Array(1000).fill(1) }) as object)).toHaveLength(100);
    expect(plain('x'.repeat(5000))).toHaveLength(1025);
  });

  test('takes other limits', () => {
    expect(plain([1, [2, [3]]], { depth: 2, items: 2, text: 1 })).toStrictEqual([
      1,
      [2, undefined],
    ]);
  });
});

describe('clone()', () => {
  test('copies at every level', () => {
    const value = { list: [{ a: 1 }], buffer: Buffer.from('x'), none: undefined, nil: null };
    const copy = clone(value);

    expect(copy).toStrictEqual(value);
    copy.list[0]!.a = 2;
    copy.buffer[0] = 0;
    expect(value.list[0]!.a).toBe(1);
    expect(value.buffer.toString()).toBe('x');
  });

  test.each([1, 'x', true, null, undefined])('gives %s back', (value) => {
    expect(clone(value)).toBe(value);
  });
});

describe('same()', () => {
  const value = (): unknown => ({ a: [1, { b: null }], c: Buffer.from('xyz'), d: undefined });

  test('what is the same', () => {
    expect(same(value(), value())).toBe(true);
    expect(same(NaN, NaN)).toBe(true);
    expect(same([], [])).toBe(true);
    expect(same({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
  });

  test.each<[string, unknown, unknown]>([
    ['a number and text', 1, '1'],
    ['null and undefined', null, undefined],
    ['null and an object', null, {}],
    ['an array and an object', [], {}],
    ['a shorter array', [1], [1, 2]],
    ['another order', [1, 2], [2, 1]],
    ['another value deep down', { a: { b: 1 } }, { a: { b: 2 } }],
    ['another key', { a: undefined }, { b: undefined }],
    ['a key less', { a: 1, b: undefined }, { a: 1 }],
    ['other bytes', Buffer.from('a'), Buffer.from('b')],
  ])('tells apart %s', (_what, a, b) => {
    expect(same(a, b)).toBe(false);
    expect(same(b, a)).toBe(false);
  });
});
