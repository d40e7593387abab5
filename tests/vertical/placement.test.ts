import {
  concentrate,
  MediasoupVertical,
  placementPolicy,
  scatter,
  spread,
  weighted,
  type PlacementCandidate,
  type PlacementPolicy,
  type PlacementRequest,
} from '@tureen/vertical';
import { describe, expect, test } from 'vitest';

const request: PlacementRequest = { kind: 'webrtc', routerId: 'one', appData: {} };

/** Workers in order of their indexes; what is not said of one is nothing. */
function workers(...given: Partial<PlacementCandidate>[]): PlacementCandidate[] {
  return given.map((each, index) => ({
    index,
    running: true,
    cpu: 0,
    reserved: 0,
    weight: 0,
    transports: 0,
    producers: 0,
    consumers: 0,
    hasRouter: false,
    hostHasRouter: false,
    ...each,
  }));
}

const stopped = { running: false };

type Case = [what: string, expected: number, ...given: Partial<PlacementCandidate>[]];

function check(policy: PlacementPolicy, cases: Case[]): void {
  test.each(cases)('%s', (_, expected, ...given) => {
    expect(policy(request, workers(...given))).toBe(expected);
  });
}

describe('concentrate', () => {
  check(concentrate(), [
    ['starts the first worker', 0, stopped, stopped],
    ['stays on the one worker that runs', 0, { cpu: 59 }, stopped],
    ['goes to the busiest under the watermark', 1, { cpu: 10 }, { cpu: 40 }, { cpu: 61 }],
    [
      'prefers a worker that the router is on already to a busier one',
      0,
      { cpu: 10, hasRouter: true },
      { cpu: 40 },
    ],
    [
      'of those that the router is on takes the busiest',
      2,
      { cpu: 10, hasRouter: true },
      { cpu: 50 },
      { cpu: 40, hasRouter: true },
    ],
    [
      'prefers a worker on a host that the router is on to a busier one',
      2,
      { cpu: 50, host: 'a' },
      { cpu: 10, host: 'b', hostHasRouter: true },
      { cpu: 20, host: 'b', hostHasRouter: true },
    ],
    [
      'prefers a worker that the router is on to another of its host',
      0,
      { cpu: 10, host: 'b', hasRouter: true, hostHasRouter: true },
      { cpu: 50, host: 'b', hostHasRouter: true },
    ],
    [
      'goes to another host rather than start a worker',
      1,
      { cpu: 60, host: 'a', hasRouter: true, hostHasRouter: true },
      { cpu: 10, host: 'b' },
      stopped,
    ],
    ['counts what is reserved', 1, { cpu: 55, reserved: 6, hasRouter: true }, { cpu: 3 }],
    ['starts another where all are at the watermark', 2, { cpu: 60 }, { cpu: 70 }, stopped],
    ['takes the first that can be started', 1, { cpu: 60 }, stopped, stopped],
    [
      'goes on with one that is being started',
      2,
      { cpu: 60 },
      stopped,
      { ...stopped, reserved: 5 },
    ],
    [
      'starts another where one being started has been given enough',
      1,
      { cpu: 60 },
      stopped,
      { ...stopped, reserved: 60 },
    ],
    ['where none can be started takes the least loaded', 1, { cpu: 84 }, { cpu: 70 }, { cpu: 90 }],
    ['even if the router is on a busier one', 1, { cpu: 70.1, hasRouter: true }, { cpu: 70 }],
    [
      'of those with equal load one that the router is on',
      1,
      { cpu: 70 },
      { cpu: 70, hasRouter: true },
    ],
    [
      'and then one with fewest transports',
      1,
      { cpu: 70, transports: 3 },
      { cpu: 70, transports: 2 },
    ],
    ['puts something on the only one, however busy it is', 0, { cpu: 140 }],
  ]);

  test('has another watermark if told so', () => {
    const policy = concentrate({ watermarkWorker: 20 });

    expect(policy(request, workers({ cpu: 20 }, stopped))).toBe(1);
    expect(policy(request, workers({ cpu: 19 }, stopped))).toBe(0);
  });

  test('puts nothing above 85 % where another is below, whatever the watermark', () => {
    const policy = concentrate({ watermarkWorker: 100 });

    expect(policy(request, workers({ cpu: 86, hasRouter: true }, stopped))).toBe(1);
    expect(policy(request, workers({ cpu: 84, hasRouter: true }, stopped))).toBe(0);
  });

  test.each([0, -1, 101, NaN, '60'])('refuses %s as watermark', (watermarkWorker) => {
    expect(() => concentrate({ watermarkWorker: watermarkWorker as number })).toThrow(
      new TypeError(`watermarkWorker must be a number from 1 to 100, not ${watermarkWorker}`),
    );
  });
});

describe('spread', () => {
  check(spread(), [
    ['takes the least loaded', 1, { cpu: 10 }, { cpu: 5 }, { cpu: 7 }],
    ['counts what is reserved', 0, { cpu: 10 }, { cpu: 5, reserved: 6 }],
    ['starts another before it loads one further', 1, { cpu: 0.1 }, stopped],
    ['but not while one does nothing', 1, stopped, { cpu: 0 }],
    ['of equal ones takes that with fewest transports', 1, { transports: 2 }, { transports: 1 }],
    ['or else one on a host that the router is on', 1, {}, { host: 'b', hostHasRouter: true }],
    ['or else the first', 0, { transports: 1 }, { transports: 1 }],
    ['does not mind where the router is', 1, { cpu: 2, hasRouter: true }, { cpu: 1 }],
  ]);
});

describe('weighted', () => {
  check(weighted({ budgetPerWorker: 100 }), [
    ['starts the first worker', 0, stopped, stopped],
    ['fills the fullest that has room', 1, { weight: 10 }, { weight: 99 }, { weight: 100 }],
    [
      'prefers a worker that the router is on already',
      0,
      { weight: 10, hasRouter: true },
      { weight: 99 },
    ],
    [
      'or else one on a host that the router is on',
      0,
      { weight: 10, host: 'b', hostHasRouter: true },
      { weight: 99, host: 'a' },
    ],
    ['does not go by CPU', 0, { weight: 50, cpu: 1 }, { weight: 40, cpu: 80 }],
    ['starts another where all are full', 1, { weight: 100, hasRouter: true }, stopped],
    ['where none can be started takes the lightest', 1, { weight: 120 }, { weight: 110 }],
    [
      'has no room on a worker above 85 %',
      1,
      { weight: 50, cpu: 80, reserved: 6 },
      { weight: 200 },
    ],
    ['takes the least loaded where all are above that', 1, { cpu: 90 }, { cpu: 87, weight: 500 }],
  ]);

  test('makes room for all that will come', () => {
    const policy = weighted({
      budgetPerWorker: 100,
      expectedWeight: ({ appData }) => appData.weight as number,
    });
    const viewer = (weight: number): PlacementRequest => ({ ...request, appData: { weight } });

    expect(policy(viewer(30), workers({ weight: 70 }, stopped))).toBe(0);
    expect(policy(viewer(31), workers({ weight: 70 }, stopped))).toBe(1);
    expect(policy(viewer(500), workers({ weight: 70 }, stopped))).toBe(1);
    expect(policy(viewer(500), workers({ weight: 70 }, { weight: 60 }))).toBe(1);
  });

  test('has a budget of 60 % of a core', () => {
    expect(weighted()(request, workers({ weight: 5999 }, stopped))).toBe(0);
    expect(weighted()(request, workers({ weight: 6000 }, stopped))).toBe(1);
  });

  test('refuses a budget that is none', () => {
    for (const budgetPerWorker of [0, -5, NaN]) {
      expect(() => weighted({ budgetPerWorker })).toThrow(TypeError);
    }
  });
});

describe('scatter', () => {
  const three = workers({}, stopped, { cpu: 99 });

  test('puts every transport on another worker than the last, whether it runs or not', () => {
    const policy = scatter();

    expect([1, 2, 3, 4].map(() => policy(request, three))).toEqual([0, 1, 2, 0]);
  });

  test('is not moved on by a router', () => {
    const policy = scatter();
    const router: PlacementRequest = { kind: 'router', appData: {} };

    expect([request, router, router, request, request].map((each) => policy(each, three))).toEqual([
      0, 1, 1, 1, 2,
    ]);
  });

  test('leaves out who is not there', () => {
    const policy = scatter();
    const [first, , third] = three as [PlacementCandidate, unknown, PlacementCandidate];

    expect([1, 2, 3].map(() => policy(request, [first, third]))).toEqual([0, 2, 0]);
    expect(policy(request, three)).toBe(1);
  });

  test('goes its own round in each policy', () => {
    expect([scatter(), scatter()].map((policy) => policy(request, three))).toEqual([0, 0]);
  });
});

describe('the option', () => {
  test('means a policy by its name', () => {
    const candidates = workers({ cpu: 30, weight: 100 }, { cpu: 20, weight: 200 }, stopped);
    const choice = (...args: Parameters<typeof placementPolicy>): unknown =>
      placementPolicy(...args)(request, candidates);

    expect(choice()).toBe(0);
    expect(choice('concentrate')).toBe(0);
    expect(choice('concentrate', { watermarkWorker: 25 })).toBe(1);
    expect(choice('spread')).toBe(2);
    expect(choice('weighted')).toBe(1);
    expect(choice('weighted', { budgetPerWorker: 150 })).toBe(0);
    expect(choice('scatter')).toBe(0);
  });

  test('or is one', () => {
    const mine: PlacementPolicy = () => 7;

    expect(placementPolicy(mine)).toBe(mine);
  });

  test.each(['', 'toString', 'Spread', null, 3, {}])('and cannot be %j', (option) => {
    expect(() => placementPolicy(option as never)).toThrow(TypeError);
    expect(() => placementPolicy(option as never)).toThrow(
      /^placement must be one of 'concentrate', 'spread', 'weighted', 'scatter' or a function, not /,
    );
  });

  test('is refused when the vertical is made', () => {
    const source = { mediasoup: undefined, getStats: () => Promise.reject(new Error('none')) };

    expect(() => new MediasoupVertical(source, { placement: 'all' as never })).toThrow(
      /^placement must be one of/,
    );
  });
});

describe('whatever the load', () => {
  const random = (seed: number): (() => number) => {
    let state = seed;

    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;

      return state / 2 ** 32;
    };
  };
  const load = ({ cpu, reserved }: PlacementCandidate): number => cpu + reserved;
  const next = random(20);
  const situations = Array.from({ length: 2000 }, () =>
    workers(
      ...Array.from({ length: 1 + Math.floor(next() * 6) }, () => {
        const running = next() < 0.7;

        return {
          running,
          cpu: running ? next() * 120 : 0,
          reserved: running ? next() * 20 : 0,
          weight: running ? Math.floor(next() * 9000) : 0,
          transports: Math.floor(next() * 3),
          hasRouter: running && next() < 0.5,
        };
      }),
    ),
  );

  test.each([
    ['concentrate', concentrate()],
    ['spread', spread()],
    ['weighted', weighted()],
  ])('%s puts nothing on a worker above 85 percent while another is below', (_name, policy) => {
    for (const candidates of situations) {
      const chosen = candidates[policy(request, candidates)!]!;
      const least = Math.min(...candidates.map(load));

      expect(load(chosen) <= 85 || least > 85, JSON.stringify(candidates)).toBe(true);
    }
  });

  test('concentrate makes no pipe needed that it need not', () => {
    const policy = concentrate();

    for (const candidates of situations) {
      const chosen = candidates[policy(request, candidates)!]!;
      const home = candidates.some((each) => each.hasRouter && load(each) < 60);

      expect(chosen.hasRouter || !home, JSON.stringify(candidates)).toBe(true);
    }
  });
});
