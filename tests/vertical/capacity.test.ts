import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  CapacityError,
  defaultBudget,
  defaultWeights,
  measuredCosts,
  planCapacity,
  usualRates,
  weightOf,
  weightsFor,
  type CapacityDemand,
  type Weights,
} from '@tureen/vertical';
import { describe, expect, test } from 'vitest';

/** Easy to reckon with. */
const weights: Weights = {
  transport: 0,
  producer: { audio: 1, video: 10 },
  consumer: { audio: 2, video: 20 },
  pipe: { audio: 1, video: 5 },
};

const plan = (demand: Partial<CapacityDemand>): ReturnType<typeof planCapacity> =>
  planCapacity({ broadcasters: 1, viewers: 0, weights, budgetPerCore: 1000, ...demand });

describe('weights', () => {
  test('are packets in a second times microseconds of CPU, in hundredths of a percent', () => {
    const each = { audio: 10, video: 30 };
    const costs = { received: each, forwarded: each, piped: { audio: 1, video: 1 } };

    expect(weightsFor({ audio: 50, video: 1000 }, costs)).toEqual({
      transport: defaultWeights.transport,
      producer: { audio: 5, video: 300 },
      consumer: { audio: 5, video: 300 },
      pipe: { audio: 1, video: 10 },
    });
  });

  test('are by default those of usual streams at measured costs', () => {
    expect(defaultWeights).toEqual(weightsFor(usualRates, measuredCosts));
    for (const each of Object.values(defaultWeights).flatMap((value) => Object.values(value))) {
      expect(each).toBeGreaterThan(0);
    }
  });

  test('of a worker are those of all that it carries', () => {
    const carried = {
      transports: 3,
      producers: { audio: 1, video: 2 },
      consumers: { audio: 4, video: 5 },
      pipes: { audio: 6, video: 7 },
    };

    expect(weightOf(carried, { ...weights, transport: 100 })).toBe(
      300 + (1 + 20) + (8 + 100) + (6 + 35),
    );
    expect(weightOf({ ...carried, pipes: { audio: 0, video: 0 } })).toBeGreaterThan(0);
  });
});

describe('a plan', () => {
  test('of nothing needs nothing', () => {
    expect(plan({ broadcasters: 0 })).toMatchObject({ cores: 0, weight: 0, pipes: 0 });
  });

  test('of a room that fits on one core has no pipes', () => {
    expect(plan({ viewers: 44 })).toMatchObject({
      cores: 1,
      weight: 11 + 44 * 22,
      pipes: 0,
      pipeWeight: 0,
      producers: 2,
      consumers: 88,
    });
  });

  test('of one viewer more needs another core, and a copy of what is watched', () => {
    // 44 viewers would fit beside the broadcaster, but not beside the sending of the copy as well.
    expect(plan({ viewers: 45 })).toMatchObject({
      cores: 2,
      pipes: 2,
      pipeWeight: 12,
      weight: 11 + 45 * 22 + 12,
      perCore: [
        { broadcasters: 1, viewers: 44, pipesOut: 2, pipesIn: 0, weight: 11 + 6 + 44 * 22 },
        { broadcasters: 0, viewers: 1, pipesOut: 0, pipesIn: 2, weight: 6 + 22 },
      ],
    });
  });

  test('makes room for sending copies to all cores that there will be', () => {
    const { cores, perCore, pipes } = plan({ viewers: 900 });

    // 45 viewers and their copy take 996 of a core; 20 copies and the broadcaster take 131.
    expect(cores).toBe(21);
    expect(pipes).toBe(2 * 20);
    expect(perCore[0]).toMatchObject({ viewers: Math.floor((1000 - 11 - 20 * 6) / 22) });
    expect(Math.max(...perCore.map(({ weight }) => weight))).toBeLessThanOrEqual(1000);
  });

  test('of many broadcasters has them on several cores', () => {
    const { perCore, pipes } = plan({
      broadcasters: 100,
      viewers: 10,
      watched: { audio: 3, video: 3 },
    });
    const sending = perCore.filter(({ broadcasters }) => broadcasters > 0);

    expect(sending.length).toBeGreaterThan(1);
    expect(sending.reduce((sum, { broadcasters }) => sum + broadcasters, 0)).toBe(100);
    expect(perCore.reduce((sum, { viewers }) => sum + viewers, 0)).toBe(10);
    expect(pipes).toBe(perCore.reduce((sum, { pipesOut }) => sum + pipesOut, 0));
  });

  test('of a conference has everybody watch all others', () => {
    expect(plan({ broadcasters: 5, broadcastersWatch: true })).toMatchObject({
      cores: 1,
      producers: 10,
      consumers: 5 * 8,
      weight: 5 * 11 + 5 * 4 * 22,
    });
  });

  test('counts only what is sent and watched', () => {
    expect(
      plan({ broadcasters: 10, viewers: 1, streams: { video: 0 }, watched: { audio: 3 } }),
    ).toMatchObject({ producers: 10, consumers: 3, weight: 10 + 3 * 2 });
  });

  test('with the default weights is that of a core filled to 60 %', () => {
    const { perCore } = planCapacity({ broadcasters: 1, viewers: 1000 });

    expect(Math.max(...perCore.map(({ weight }) => weight))).toBeLessThanOrEqual(defaultBudget);
    expect(perCore[1]!.weight).toBeGreaterThan(defaultBudget - 100);
  });

  test('pipes no more than is watched', () => {
    const demand = { broadcasters: 100, broadcastersWatch: true, watched: { audio: 2, video: 1 } };
    const { perCore, pipes } = plan(demand);

    for (const { broadcasters, viewers, pipesIn } of perCore) {
      const elsewhere = 100 - broadcasters;

      expect(pipesIn).toBe(Math.min(elsewhere, 2 * viewers) + Math.min(elsewhere, viewers));
    }
    expect(pipes).toBe(perCore.reduce((sum, { pipesIn }) => sum + pipesIn, 0));
  });

  test('has as many viewers on a whole core as one was measured to carry', () => {
    const { perCore } = planCapacity({
      broadcasters: 1,
      viewers: 1000,
      streams: { audio: 0 },
      budgetPerCore: 9800,
    });

    // docs/capacity.md: more than that, and packets were lost.
    expect(perCore[1]!.viewers).toBeGreaterThanOrEqual(300);
    expect(perCore[1]!.viewers).toBeLessThanOrEqual(390);
  });

  test('shows its arithmetic', () => {
    expect(plan({ viewers: 91 }).breakdown.split('\n')).toEqual([
      '1 × broadcaster of 11, 91 × viewer of 22, 6 on both sides to pipe one broadcaster to one core',
      'core 1: 1 × 11 + 44 × 22 + pipes 12 = 991 of 1000',
      'core 2: 45 × 22 + pipes 6 = 996 of 1000',
      'core 3: 2 × 22 + pipes 6 = 50 of 1000',
      '3 cores, 4 streams piped; in all 2037 (0.20 cores), pipes 24 of it',
    ]);
    expect(plan({ viewers: 500 }).breakdown).toContain('cores 2 to 11, each: 45 × 22 + pipes 6');
    expect(plan({}).breakdown).toContain('1 core, 0 streams piped');
  });

  test.each<[string, Partial<CapacityDemand>, string]>([
    [
      'a viewer of more than a core carries',
      { broadcasters: 50, viewers: 1 },
      'a viewer weighs 1400 with its pipes, which is more than the 1000 of a core',
    ],
    [
      'a viewer whose pipes fill a core',
      { broadcasters: 36, viewers: 1, streams: { audio: 0 }, budgetPerCore: 800 },
      'a viewer weighs 900 with its pipes, which is more than the 800 of a core',
    ],
    [
      'a broadcaster that cannot be sent to so many cores',
      { viewers: 10_000 },
      'a broadcaster weighs 1343 with its pipes, which is more than the 1000 of a core',
    ],
  ])('is refused for %s', (_, demand, message) => {
    expect(() => plan(demand)).toThrow(new CapacityError(message));
  });

  test.each<Partial<CapacityDemand>>([
    { broadcasters: -1 },
    { viewers: 1.5 },
    { viewers: NaN },
    { streams: { audio: -1 } },
    { watched: { video: Infinity } },
    { budgetPerCore: 0 },
  ])('is refused for %j', (demand) => {
    expect(() => plan(demand)).toThrow(TypeError);
  });

  test('keeps what it promises, whatever is asked', () => {
    for (let broadcasters = 0; broadcasters <= 60; broadcasters += 3) {
      for (let viewers = 0; viewers <= 400; viewers += 17) {
        for (const broadcastersWatch of [false, true]) {
          const demand = {
            broadcasters,
            viewers,
            broadcastersWatch,
            watched: { audio: 3, video: 3 },
          };
          const { cores, perCore, pipes, weight } = plan(demand);
          const sum = (of: (core: (typeof perCore)[number]) => number): number =>
            perCore.reduce((total, core) => total + of(core), 0);
          const receiving = perCore.filter((core) => core.viewers > 0).length;

          expect(cores).toBe(perCore.length);
          expect(Math.max(0, ...perCore.map((core) => core.weight))).toBeLessThanOrEqual(1000);
          expect(sum((core) => core.broadcasters)).toBe(broadcasters);
          expect(sum((core) => core.viewers)).toBe(
            viewers + (broadcastersWatch ? broadcasters : 0),
          );
          expect(sum((core) => core.pipesOut)).toBe(pipes);
          expect(sum((core) => core.weight)).toBe(weight);
          // Never more than every stream to every other core with viewers.
          expect(pipes).toBeLessThanOrEqual(2 * broadcasters * receiving);
        }
      }
    }
  });
});

describe('docs/capacity.md', () => {
  test('has the tables that the function gives', async () => {
    const script = fileURLToPath(new URL('../../scripts/capacityTables.mjs', import.meta.url));

    // Ends with an error, and says what to run, if they differ.
    await promisify(execFile)(process.execPath, [script, '--check']);
  });
});
