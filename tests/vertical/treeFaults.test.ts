import type { types } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/events.js';
import { audioProducer, receiverCapabilities } from '../support/media.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { hostTraffic } from './support/hostTraffic.js';
import { noPipesLeft, nothingIsLost } from './support/leftovers.js';
import { Steps } from './support/Steps.js';
import { hostedRoom, pidsOf, type VerticalRoom } from './support/verticalRoom.js';

/** A producer on host a, and two workers on host b: what the second gets has passed the first. */
interface Scene {
  room: VerticalRoom;
  source: types.DirectTransport;
  first: types.DirectTransport;
  second: types.DirectTransport;
  producer: types.Producer;
  dataProducer: types.DataProducer;
  /** Of the real workers, in order. */
  pids: number[];
}

type Kind = 'media' | 'data';
type Outcome = { closed: boolean; close(): void } | Error;
type Fault = (scene: Scene, call: () => Promise<unknown>) => Promise<unknown>;

/** What goes wrong while a call is under way; the original and the second worker stay. */
const survived: Record<string, Fault> = {
  'the call fails': () => Promise.reject(new Error('injected')),
  'the call fails after it was carried out': async (_scene, call) => {
    await call();
    throw new Error('injected');
  },
  'the router between closes': ({ room }, call) => {
    const between = room.described().realRouters.find(({ worker }) => worker === 1);

    room.realRouter(between!.id).close();

    return call();
  },
  'the router between closes afterwards': async ({ room }, call) => {
    const between = room.described().realRouters.find(({ worker }) => worker === 1);
    const made = await call();

    room.realRouter(between!.id).close();

    return made;
  },
  'the worker between dies': ({ pids }, call) => {
    process.kill(pids[1]!, 'SIGKILL');

    return call();
  },
};

/** With these there is nothing left to consume, or nobody who could. */
const fatal: Record<string, Fault> = {
  'the producer closes': ({ producer, dataProducer }, call) => {
    producer.close();
    dataProducer.close();

    return call();
  },
  'the worker of the producer dies': ({ pids }, call) => {
    process.kill(pids[0]!, 'SIGKILL');

    return call();
  },
  'the worker of the consumer dies': ({ pids }, call) => {
    process.kill(pids[2]!, 'SIGKILL');

    return call();
  },
  'the router closes': ({ room }, call) => {
    room.router.close();

    return call();
  },
};

/** For each of two pipes: pair (2), connecting it (2), the two ends of the stream (2). */
const CALLS = 6;

const consume = (kind: Kind, { producer, dataProducer }: Scene, sink: types.Transport) =>
  kind === 'media'
    ? sink.consume({ producerId: producer.id, rtpCapabilities: receiverCapabilities })
    : sink.consumeData({ dataProducerId: dataProducer.id });

const outcomeOf = (consuming: Promise<unknown>): Promise<Outcome> =>
  consuming.then(
    (consumer) => consumer as Outcome,
    (error: unknown) => error as Error,
  );

/** Who asks while something goes wrong, and how many calls that takes. */
const moments = {
  'of both pipes': {
    calls: 2 * CALLS,
    before: () => Promise.resolve([]),
    asked: ({ first, second }: Scene) => [first, second],
  },
  'of the second pipe': {
    calls: CALLS,
    before: async (kind: Kind, scene: Scene) => [
      await outcomeOf(consume(kind, scene, scene.first)),
    ],
    asked: ({ second }: Scene) => [second],
  },
} as const;

describe('whatever happens while a stream is being copied from a copy', () => {
  let steps: Steps;

  beforeAll(() => {
    steps = new Steps();
  });

  afterAll(async () => {
    steps.close();
    await noWorkersLeft();
  });

  async function scene(): Promise<Scene> {
    // Whatever replaces a worker is on host b.
    const room = await hostedRoom(['a', 'b', 'b', 'b'], { idlePipeTimeout: 0, maxWorkers: 3 });
    const source = await room.router.createDirectTransport();
    const first = await room.router.createDirectTransport();
    const second = await room.router.createDirectTransport();

    return {
      room,
      source,
      first,
      second,
      producer: await source.produce(audioProducer(1111)),
      dataProducer: await source.produceData(),
      pids: pidsOf(room),
    };
  }

  const cases = (['media', 'data'] as const).flatMap((kind) =>
    Object.entries(moments).map(([name, moment]) => ({ kind, name, ...moment })),
  );

  describe.each(cases)('$kind, at each call $name', ({ kind, calls, before, asked }) => {
    /** Lets one call go wrong; gives what became of the consumers, the second worker's last. */
    async function attempt(all: Scene, at: number, fault: Fault): Promise<Outcome[]> {
      const had = await before(kind, all);

      steps.begin(at, (call) => fault(all, call));

      const outcomes = await Promise.all(
        asked(all).map((sink) => outcomeOf(consume(kind, all, sink))),
      );

      expect(steps.calls.length, `call ${at}`).toBeGreaterThan(at);

      return [...had, ...outcomes];
    }

    function closeAll(outcomes: readonly Outcome[]): void {
      for (const outcome of outcomes) {
        if (!(outcome instanceof Error)) {
          outcome.close();
        }
      }
    }

    test('it takes as many as are tried here', async () => {
      const all = await scene();

      closeAll(await attempt(all, 0, (_scene, call) => call()));
      expect(steps.calls).toHaveLength(calls);
    });

    test.each(Object.entries(survived))(
      '%s: whoever can be served is',
      { timeout: 60_000 },
      async (_name, fault) => {
        for (let at = 0; at < calls; at += 1) {
          const all = await scene();
          const outcomes = await attempt(all, at, fault);
          const last = outcomes.at(-1)!;

          expect(last, `call ${at}`).not.toBeInstanceOf(Error);
          await servedStill(kind, all, last);
          closeAll(outcomes);
          await noPipesLeft(all.room);
          await laterConsumersSucceed(kind, all);
        }
      },
    );

    test.each(Object.entries(fatal))(
      '%s: nothing is left',
      { timeout: 60_000 },
      async (_name, fault) => {
        for (let at = 0; at < calls; at += 1) {
          const all = await scene();

          closeAll(await attempt(all, at, fault));
          await noPipesLeft(all.room);
          await laterConsumersSucceed(kind, all);
        }
      },
    );
  });

  /** If what it came over has gone meanwhile, it is to be had another way. */
  async function servedStill(kind: Kind, all: Scene, outcome: Outcome): Promise<void> {
    if (outcome instanceof Error || outcome.closed) {
      const again = await consume(kind, all, all.second);

      expect(again.closed).toBe(false);
      again.close();
    }
  }

  async function laterConsumersSucceed(kind: Kind, all: Scene): Promise<void> {
    const { room } = all;

    if (room.router.closed) {
      return;
    }
    await until('three workers', () => pidsOf(room).length === 3);

    const source = await room.router.createDirectTransport();
    const sinks = [
      await room.router.createDirectTransport(),
      await room.router.createDirectTransport(),
    ];
    const again = {
      ...all,
      producer: await source.produce(audioProducer(2222)),
      dataProducer: await source.produceData(),
    };

    for (const sink of sinks) {
      expect((await consume(kind, again, sink)).closed).toBe(false);
    }
    if (!all.producer.closed && !all.second.closed) {
      expect((await consume(kind, all, all.second)).closed).toBe(false);
    }

    const { crossings, leastCrossings } = await hostTraffic(room);

    expect(crossings).toBe(leastCrossings);
    await nothingIsLost(room);
  }
});
