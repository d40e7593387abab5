import { isReference, mapReferences } from '@tureen/protocol';
import { describe, expect, test } from 'vitest';

class Producer {
  constructor(readonly handle: number) {}
}

const outward = (value: unknown): unknown =>
  mapReferences(value, (object) =>
    object instanceof Producer ? { $handle: object.handle } : undefined,
  );
const producers = new Map([1, 2].map((handle) => [handle, new Producer(handle)]));
const inward = (value: unknown): unknown =>
  mapReferences(value, (object) =>
    isReference(object) ? producers.get(object.$handle) : undefined,
  );

describe('references', () => {
  test('volumes go out and come back with the very objects', () => {
    const volumes = [
      [
        { producer: producers.get(1), volume: -20 },
        { producer: producers.get(2), volume: -30 },
      ],
    ];
    const travelling = outward(volumes);

    expect(travelling).toEqual([
      [
        { producer: { $handle: 1 }, volume: -20 },
        { producer: { $handle: 2 }, volume: -30 },
      ],
    ]);

    const back = inward(travelling) as typeof volumes;

    expect(back[0]?.[0]?.producer).toBe(producers.get(1));
    expect(back[0]?.[1]?.producer).toBe(producers.get(2));
  });

  test('one that is not known stays what it is', () => {
    expect(inward([{ producer: { $handle: 9 } }])).toEqual([{ producer: { $handle: 9 } }]);
  });

  test.each([null, 1, {}, { $handle: '1' }, Object.create({ $handle: 1 })])(
    '%j is none',
    (value) => {
      expect(isReference(value)).toBe(false);
    },
  );

  test('an end is put to depth', () => {
    const cycle: Record<string, unknown> = {};

    cycle['cycle'] = cycle;
    expect(() => outward(cycle)).not.toThrow();
  });
});
