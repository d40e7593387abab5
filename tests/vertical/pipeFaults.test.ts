import type { MediasoupVerticalOptions } from '@tureen/vertical';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audioProducer, receiverCapabilities } from '../support/media.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { noPipesLeft, nothingIsLost } from './support/leftovers.js';
import { Steps } from './support/Steps.js';
import { pidsOf, verticalRoom, type VerticalRoom } from './support/verticalRoom.js';

interface Scene {
  room: VerticalRoom;
  source: types.DirectTransport;
  sink: types.DirectTransport;
  producer: types.Producer;
  dataProducer: types.DataProducer;
}

type Kind = 'media' | 'data';

/** What goes wrong while a call of the pipe path is under way. */
const faults: Record<string, (scene: Scene, call: () => Promise<unknown>) => Promise<unknown>> = {
  'the call fails': () => Promise.reject(new Error('injected')),
  'the call fails after it was carried out': async (_scene, call) => {
    await call();
    throw new Error('injected');
  },
  'the producer closes': ({ producer, dataProducer }, call) => {
    producer.close();
    dataProducer.close();

    return call();
  },
  'the producer is paused': ({ producer, dataProducer }, call) =>
    Promise.all([call(), producer.pause(), dataProducer.pause()]).then(([result]) => result),
  'the transport of the producer closes': ({ source }, call) => {
    source.close();

    return call();
  },
  'the transport of the consumer closes': ({ sink }, call) => {
    sink.close();

    return call();
  },
  'the router closes': ({ room }, call) => {
    room.router.close();

    return call();
  },
  'the worker of the producer dies': ({ room }, call) => {
    process.kill(pidsOf(room)[0]!, 'SIGKILL');

    return call();
  },
  'the worker of the consumer dies': ({ room }, call) => {
    process.kill(pidsOf(room)[1]!, 'SIGKILL');

    return call();
  },
};

/** Pair (2), connecting it (2), the two ends of the stream (2). */
const CALLS = 6;

describe('whatever happens while a pipe is being built, nothing is left of it', () => {
  let steps: Steps;

  beforeAll(() => {
    steps = new Steps();
  });

  afterAll(async () => {
    steps.close();
    await noWorkersLeft();
  });

  async function scene(options: MediasoupVerticalOptions = {}): Promise<Scene> {
    const room = await verticalRoom({ idlePipeTimeout: 0, ...options });
    const source = await room.router.createDirectTransport();
    const sink = await room.router.createDirectTransport();

    return {
      room,
      source,
      sink,
      producer: await source.produce(audioProducer(1111)),
      dataProducer: await source.produceData(),
    };
  }

  const consume = (kind: Kind, { producer, dataProducer }: Scene, sink: types.Transport) =>
    kind === 'media'
      ? sink.consume({ producerId: producer.id, rtpCapabilities: receiverCapabilities })
      : sink.consumeData({ dataProducerId: dataProducer.id });

  test('it takes as many calls as are tried here', async () => {
    for (const kind of ['media', 'data'] as const) {
      const all = await scene();

      steps.begin();
      await consume(kind, all, all.sink);
      expect(steps.calls).toHaveLength(CALLS);
    }
  });

  describe.each(['media', 'data'] as const)('%s', (kind) => {
    test.each(Object.entries(faults))('%s', { timeout: 60_000 }, async (_name, fault) => {
      for (let at = 0; at < CALLS; at += 1) {
        const all = await scene();

        steps.begin(at, (call) => fault(all, call));

        const outcome = await consume(kind, all, all.sink).then(
          (consumer) => consumer as { closed: boolean; close(): void },
          (error: unknown) => error as Error,
        );

        expect(steps.calls.length, `call ${at}`).toBeGreaterThan(at);
        if (!(outcome instanceof Error)) {
          outcome.close();
        }
        await noPipesLeft(all.room);
        await laterConsumersSucceed(kind, all);
      }
    });
  });

  test('a producer that goes on before its copy has paused with it', async () => {
    const { producer, sink } = await scene();

    steps.begin(CALLS - 1, async (call) => {
      const copy = await call();

      await producer.pause();
      steps.begin(0, async (pause) => {
        await pause();
        await producer.resume();
      });

      return copy;
    });

    const consumer = await sink.consume({
      producerId: producer.id,
      rtpCapabilities: receiverCapabilities,
    });

    expect(steps.calls).toEqual(['pause', 'resume']);
    expect(consumer.producerPaused).toBe(false);
  });

  test('what is carried out after its time is over is closed', async () => {
    const all = await scene({ pipeTimeout: 2000 });
    let goOn = (): void => undefined;
    let late: Promise<unknown> | undefined;

    // The pair stays.
    await consume('media', all, all.sink);

    const other = await all.source.produce(audioProducer(2222));

    steps.begin(0, (call) => {
      const released = new Promise<void>((resolve) => (goOn = resolve));

      return (late = released.then(call));
    });
    await expect(
      all.sink.consume({ producerId: other.id, rtpCapabilities: receiverCapabilities }),
    ).rejects.toMatchObject({ name: 'PipeError' });
    goOn();
    expect(await late).toMatchObject({ closed: true });
    await nothingIsLost(all.room);
  });

  test('calls that fail leave no listener each', async () => {
    const { room, source, sink, producer } = await scene();

    await sink.consume({ producerId: producer.id, rtpCapabilities: receiverCapabilities });
    for (let ssrc = 2000; ssrc < 2005; ssrc += 1) {
      const closing = await source.produce(audioProducer(ssrc));
      const consuming = sink.consume({
        producerId: closing.id,
        rtpCapabilities: receiverCapabilities,
      });

      closing.close();
      await expect(consuming).rejects.toThrow();
    }

    const pipes = room.described().realRouters.flatMap(({ id }) => room.pipesOf(id));

    expect(pipes).toHaveLength(2);
    for (const { observer } of pipes) {
      expect(observer.listenerCount('newconsumer')).toBeLessThan(5);
    }
  });

  async function laterConsumersSucceed(kind: Kind, all: Scene): Promise<void> {
    const { room } = all;

    if (room.router.closed) {
      return;
    }

    const source = await room.router.createDirectTransport();
    const sink = await room.router.createDirectTransport();
    const again = {
      ...all,
      producer: await source.produce(audioProducer(2222)),
      dataProducer: await source.produceData(),
    };
    const consumer = await consume(kind, again, sink);

    expect(consumer.closed).toBe(false);
    // The same pair carries what the first attempt wanted, if that is still there.
    if (!all.producer.closed && !all.dataProducer.closed) {
      const second = all.sink.closed ? sink : all.sink;

      expect((await consume(kind, all, second)).closed).toBe(false);
    }
    await nothingIsLost(room);
  }
});
