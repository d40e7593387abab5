import type { types } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/events.js';
import { audioProducer, receiverCapabilities } from '../support/media.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { hostTraffic } from './support/hostTraffic.js';
import { noPipesLeft, nothingIsLost } from './support/leftovers.js';
import { Steps } from './support/Steps.js';
import { hostedRoom, pidsOf, type VerticalRoom } from './support/verticalRoom.js';

type Kind = 'media' | 'data';

/** A producer on host a, and two workers on host b: what the second gets has passed the first. */
interface Scene {
  kind: Kind;
  room: VerticalRoom;
  source: types.DirectTransport;
  first: types.DirectTransport;
  second: types.DirectTransport;
  producer: types.Producer;
  dataProducer: types.DataProducer;
  /** Of the real workers, in order. */
  pids: number[];
  /** What became of consumers that were asked for in the middle. */
  others: Outcome[];
}

type Outcome = { closed: boolean; close(): void } | Error;
type Fault = (scene: Scene, call: () => Promise<unknown>) => Promise<unknown>;

const consume = (
  { kind, producer, dataProducer }: Scene,
  sink: types.Transport,
): Promise<types.Consumer | types.DataConsumer> =>
  kind === 'media'
    ? sink.consume({ producerId: producer.id, rtpCapabilities: receiverCapabilities })
    : sink.consumeData({ dataProducerId: dataProducer.id });

const originalOf = ({ kind, producer, dataProducer }: Scene) =>
  kind === 'media' ? { producerId: producer.id } : { dataProducerId: dataProducer.id };

/** That of the worker that the second one's stream passes. */
function routerBetween(room: VerticalRoom): types.Router {
  const { id } = room.described().realRouters.find(({ worker }) => worker === 1)!;

  return room.realRouter(id);
}

/** What goes wrong while a call is under way; the original and the second worker stay. */
const survived: Record<string, Fault> = {
  'the call fails': () => Promise.reject(new Error('injected')),
  'the call fails after it was carried out': async (_scene, call) => {
    await call();
    throw new Error('injected');
  },
  'the router between closes': ({ room }, call) => {
    routerBetween(room).close();

    return call();
  },
  'the router between closes afterwards': async ({ room }, call) => {
    const made = await call();

    routerBetween(room).close();

    return made;
  },
  'the first pipe closes, and somebody asks before all of the second has gone': async (
    all,
    call,
  ) => {
    const { room } = all;
    const home = room.described().realRouters.find(({ worker }) => worker === 0)!;
    const made = await call();

    room.pipesOf(home.id)[0]?.close();
    if (!room.described().pipes.some(({ to }) => to === 2)) {
      // What was being made is there still, under the id that is wanted.
      all.others.push(await outcomeOf(consume(all, all.second)));
    }

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
    before: async (scene: Scene) => [await outcomeOf(consume(scene, scene.first))],
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

  async function scene(kind: Kind): Promise<Scene> {
    // Whatever replaces a worker is on host b.
    const room = await hostedRoom(['a', 'b', 'b', 'b'], { idlePipeTimeout: 0, maxWorkers: 3 });
    const source = await room.router.createDirectTransport();
    const first = await room.router.createDirectTransport();
    const second = await room.router.createDirectTransport();

    return {
      kind,
      room,
      source,
      first,
      second,
      producer: await source.produce(audioProducer(1111)),
      dataProducer: await source.produceData(),
      pids: pidsOf(room),
      others: [],
    };
  }

  const cases = (['media', 'data'] as const).flatMap((kind) =>
    Object.entries(moments).map(([name, moment]) => ({ kind, name, ...moment })),
  );

  describe.each(cases)('$kind, at each call $name', ({ kind, calls, before, asked }) => {
    /** Lets one call go wrong; gives what became of the consumers, the second worker's last. */
    async function attempt(all: Scene, at: number, fault: Fault): Promise<Outcome[]> {
      const had = await before(all);

      steps.begin(at, (call) => fault(all, call));

      const outcomes = await Promise.all(asked(all).map((sink) => outcomeOf(consume(all, sink))));

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
      const all = await scene(kind);

      closeAll(await attempt(all, 0, (_scene, call) => call()));
      expect(steps.calls).toHaveLength(calls);
    });

    test.each(Object.entries(survived))(
      '%s: whoever can be served is',
      { timeout: 60_000 },
      async (_name, fault) => {
        for (let at = 0; at < calls; at += 1) {
          const all = await scene(kind);
          const outcomes = await attempt(all, at, fault);
          const last = outcomes.at(-1)!;

          expect(last, `call ${at}`).not.toBeInstanceOf(Error);
          for (const other of all.others) {
            expect(other, `call ${at}`).toMatchObject({ closed: false, ...originalOf(all) });
          }
          await servedStill(all, last);
          closeAll([...outcomes, ...all.others]);
          await noPipesLeft(all.room);
          await laterConsumersSucceed(all);
        }
      },
    );

    test.each(Object.entries(fatal))(
      '%s: nothing is left',
      { timeout: 60_000 },
      async (_name, fault) => {
        for (let at = 0; at < calls; at += 1) {
          const all = await scene(kind);

          closeAll(await attempt(all, at, fault));
          await noPipesLeft(all.room);
          await laterConsumersSucceed(all);
        }
      },
    );
  });

  /** If what it came over has gone meanwhile, it is to be had another way. */
  async function servedStill(all: Scene, outcome: Outcome): Promise<void> {
    if (outcome instanceof Error || outcome.closed) {
      const again = await consume(all, all.second);

      expect(again.closed).toBe(false);
      again.close();
    }
  }

  async function laterConsumersSucceed(all: Scene): Promise<void> {
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
      expect((await consume(again, sink)).closed).toBe(false);
    }
    if (!all.producer.closed && !all.second.closed) {
      expect((await consume(all, all.second)).closed).toBe(false);
    }

    const { crossings, leastCrossings } = await hostTraffic(room);

    expect(crossings).toBe(leastCrossings);
    await nothingIsLost(room);
  }
});
