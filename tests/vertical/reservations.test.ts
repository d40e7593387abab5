import { beforeEach, describe, expect, test } from 'vitest';
import { Reservations } from '../../packages/manager/src/stats/Reservations.js';

describe('what is held for joins that no measurement has seen yet', () => {
  let time = 0;
  const now = (): number => time;

  beforeEach(() => {
    time = 0;
  });

  test('is there at once, fades evenly, and is gone after the ramp-up', () => {
    const reservations = new Reservations({ now });

    reservations.hold(2);
    expect(reservations.percent).toBe(2);
    time = 5_000;
    expect(reservations.percent).toBe(1.5);
    time = 15_000;
    expect(reservations.percent).toBe(0.5);
    time = 20_000;
    expect(reservations.percent).toBe(0);
    time = 1_000_000;
    expect(reservations.percent).toBe(0);
  });

  test('adds up, each from its own moment', () => {
    const reservations = new Reservations({ rampUp: 1000, now });

    reservations.hold(1);
    time = 500;
    reservations.hold(1);
    reservations.hold(2);
    expect(reservations.percent).toBe(3.5);
    time = 1000;
    expect(reservations.percent).toBe(1.5);
    time = 1500;
    expect(reservations.percent).toBe(0);
  });

  test('is released by who does not come after all, once', () => {
    const reservations = new Reservations({ now });
    const release = reservations.hold(2);

    reservations.hold(3);
    release();
    release();
    expect(reservations.percent).toBe(3);
    time = 10_000;
    expect(reservations.percent).toBe(1.5);
    time = 30_000;
    release();
    expect(reservations.percent).toBe(0);
  });

  test('leaves no rest of a rounding', () => {
    const reservations = new Reservations({ now });
    const releases = Array.from({ length: 100 }, () => reservations.hold(0.1));

    releases.forEach((release) => release());
    expect(reservations.percent).toBeGreaterThanOrEqual(0);
    expect(reservations.percent).toBeCloseTo(0, 10);
  });

  test('is forgotten with the worker', () => {
    const reservations = new Reservations({ now });
    const release = reservations.hold(5);

    reservations.clear();
    release();
    expect(reservations.percent).toBe(0);
  });

  test('of a crowd is right within the precision of its moments', () => {
    const reservations = new Reservations({ rampUp: 10_000, now });

    for (let join = 0; join < 10_000; join += 1) {
      time = join;
      reservations.hold(0.01);
    }
    time = 10_000;
    // The exact value is 50: each of 100 % has faded by half on average.
    expect(reservations.percent).toBeGreaterThan(49);
    expect(reservations.percent).toBeLessThan(51);
  });

  test('goes by a clock that never goes back unless told otherwise', () => {
    const reservations = new Reservations({ rampUp: 2 ** 40 });

    reservations.hold(1);
    expect(reservations.percent).toBeCloseTo(1, 5);
  });

  test.each([0, -1, NaN, Infinity])('cannot ramp up in %s ms', (rampUp) => {
    expect(() => new Reservations({ rampUp })).toThrow(TypeError);
  });
});
