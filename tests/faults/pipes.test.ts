import type { Fence } from '@tureen/protocol';
import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { recordEvents, until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs } from '../support/media.js';
import { MemoryHost } from '../resume/MemoryHost.js';
import { ObservedClient } from './support/clients.js';
import { ObservedDaemon } from './support/ObservedDaemon.js';

/*
 * A pipe takes a handful of calls in turn. Everything that can end meanwhile ends here at each of
 * them: before its answer arrives, when it has not yet continued whoever waits for it.
 */

interface Scene {
  host: MemoryHost;
  source: types.Router;
  target: types.Router;
  /** A router beside the source that takes no part; pipes to it must work, whatever happened. */
  other: types.Router;
  workers: types.Worker[];
  sender: types.PlainTransport;
  producer: types.Producer;
  dataProducer: types.DataProducer;
  pipes: types.PipeTransport[];
}

async function setScene(): Promise<Scene> {
  const host = await MemoryHost.start();
  const workers: types.Worker[] = [];
  const routers: types.Router[] = [];
  const pipes: types.PipeTransport[] = [];

  for (let count = 0; count < 2; count += 1) {
    const worker = await host.mediasoup.createWorker();

    workers.push(worker);
    routers.push(await worker.createRouter({ mediaCodecs }));
  }
  routers.push(await workers[0]!.createRouter({ mediaCodecs }));
  for (const router of routers) {
    router.observer.on('newtransport', (transport) => {
      if (transport.type === 'pipe') pipes.push(transport as types.PipeTransport);
    });
  }

  const [source, target, other] = routers as [types.Router, types.Router, types.Router];
  const sender = await source.createPlainTransport({ listenInfo: loopback, enableSctp: true });
  const producer = await sender.produce(audioProducer(1111));
  const dataProducer = await sender.produceData({ sctpStreamParameters: { streamId: 1 } });

  return { host, source, target, other, workers, sender, producer, dataProducer, pipes };
}

/** Before the next one: each checks that no worker is left. */
async function endScene({ host }: Scene): Promise<void> {
  host.client.close();
  await host.server.close();
}

/**
 * Runs until `pipe` is settled, holding each of the server's answers back in turn; `act` runs when
 * the given one is held. Gives whether it was reached.
 */
async function actAt(
  { host }: Scene,
  step: number,
  pipe: () => Promise<unknown>,
  act: () => void,
): Promise<{ reached: boolean; outcome: PromiseSettledResult<unknown> }> {
  let fence: Fence = host.connection.server.fence();
  let done = false;
  const piping = Promise.allSettled([pipe()]).then(([outcome]) => {
    done = true;

    return outcome as PromiseSettledResult<unknown>;
  });
  let reached = false;

  for (let held = 0; !done; held += 1) {
    await Promise.race([fence.reached(), piping]);
    if (held === step && !done) {
      reached = true;
      act();
    }
    if (held >= step) break;

    const next = host.connection.server.fence();

    fence.release();
    fence = next;
  }
  fence.release();

  return { reached, outcome: await piping };
}

/** What is left of pipes in a router, as its worker knows it. */
async function pipesOf(router: types.Router, scene: Scene): Promise<string[]> {
  const { transportIds } = await router.dump();

  return transportIds.filter((id) => id !== scene.sender.id);
}

const countOf = (scene: Scene, kind: string): number =>
  (scene.host.server.state.objects as Record<string, number>)[kind] ?? 0;

type Kind = 'producer' | 'dataProducer';

function pipe(scene: Scene, kind: Kind, router = scene.target): Promise<types.PipeToRouterResult> {
  // In one worker an id can be there but once.
  const options = { router, keepId: router !== scene.other };

  return scene.source.pipeToRouter(
    kind === 'producer'
      ? { producerId: scene.producer.id, ...options }
      : { dataProducerId: scene.dataProducer.id, ...options },
  );
}

const ends: [string, (scene: Scene) => void][] = [
  ['the source router closes', ({ source }) => source.close()],
  ['the target router closes', ({ target }) => target.close()],
  ['the worker of the source closes', ({ workers }) => workers[0]!.close()],
  ['the worker of the target closes', ({ workers }) => workers[1]!.close()],
  ['the producers close', ({ producer, dataProducer }) => (producer.close(), dataProducer.close())],
  ['the transport of the producers closes', ({ sender }) => sender.close()],
  ['the first pipe transport closes', ({ pipes }) => pipes[0]?.close()],
  ['the second pipe transport closes', ({ pipes }) => pipes[1]?.close()],
];

/** More steps than a pipe has. */
const steps = 12;

describe.each<Kind>(['producer', 'dataProducer'])('a pipe of a %s', (kind) => {
  test.each(ends)(
    'leaves nothing behind if %s meanwhile',
    async (_what, end) => {
      let reachedSteps = 0;

      for (let step = 0; step < steps; step += 1) {
        const scene = await setScene();
        const { host, source, target, other, pipes, producer, dataProducer } = scene;
        const { reached, outcome } = await actAt(
          scene,
          step,
          () => pipe(scene, kind),
          () => end(scene),
        );

        if (!reached) {
          expect(outcome.status).toBe('fulfilled');
          await endScene(scene);
          break;
        }
        reachedSteps += 1;
        await host.client.getStats();

        const what = `step ${step}, ${outcome.status}`;
        const torn = source.closed || target.closed || pipes.some(({ closed }) => closed);

        if (outcome.status === 'rejected') {
          expect((outcome.reason as Error).name, what).toMatch(
            /^(NotFoundError|WorkerClosedError|Error)$/,
          );
        } else {
          // As with mediasoup, what was built may be closed when it is given; but then all of it.
          const parts = Object.values(outcome.value as object) as { closed: boolean }[];

          expect(new Set(parts.map(({ closed }) => closed)).size, what).toBe(1);
        }
        if (torn) {
          expect(
            pipes.map(({ closed }) => closed),
            what,
          ).toEqual(pipes.map(() => true));
        }
        for (const router of [source, target].filter(({ closed }) => !closed)) {
          expect(await pipesOf(router, scene), what).toHaveLength(
            torn ? 0 : pipes.filter(({ closed }) => !closed).length / 2,
          );
        }
        // Nothing that nobody can reach any more.
        await until(`only what is open to be left, ${what}`, () => {
          const open = pipes.filter(({ closed }) => !closed).length;

          return countOf(scene, 'pipeTransport') === open;
        });
        await until(`no orphan, ${what}`, () => {
          const origin = [producer, dataProducer].filter(({ closed }) => !closed).length;
          const piped = outcome.status === 'fulfilled' && !torn && origin === 2 ? 1 : 0;

          return (
            countOf(scene, 'producer') + countOf(scene, 'dataProducer') === origin + piped &&
            countOf(scene, 'consumer') + countOf(scene, 'dataConsumer') === piped
          );
        });

        // Later pipes work between whatever is left.
        if (!source.closed && !producer.closed) {
          await expect(pipe(scene, kind, other)).resolves.toBeDefined();
          if (!target.closed && outcome.status === 'rejected') {
            await expect(pipe(scene, kind)).resolves.toBeDefined();
          }
        }
        await endScene(scene);
      }
      expect(reachedSteps).toBeGreaterThanOrEqual(3);
    },
    120_000,
  );
});

describe('pipes that are asked for at once', () => {
  test('share one pair of transports, from both sides', async () => {
    const scene = await setScene();
    const { source, target, pipes } = scene;
    const back = await target.createPlainTransport({ listenInfo: loopback });
    const producers = [
      await scene.sender.produce(audioProducer(1)),
      await scene.sender.produce(audioProducer(2)),
    ];
    const returning = await back.produce(audioProducer(3));
    const { outcome } = await actAt(
      scene,
      0,
      () =>
        Promise.all([
          ...producers.map(({ id }) => source.pipeToRouter({ producerId: id, router: target })),
          target.pipeToRouter({ producerId: returning.id, router: source }),
          pipe(scene, 'dataProducer'),
        ]),
      () => undefined,
    );

    expect(outcome.status).toBe('fulfilled');
    expect(pipes).toHaveLength(2);
    expect(await pipesOf(source, scene)).toHaveLength(1);
  });

  test('fail together, and one that is asked for later works', async () => {
    const scene = await setScene();
    const { source, target, pipes } = scene;
    const options = { listenInfo: { ...loopback, ip: '192.0.2.1' } };
    const results = await Promise.allSettled(
      [1, 2, 3].map(() =>
        source.pipeToRouter({ producerId: scene.producer.id, router: target, ...options }),
      ),
    );

    expect(results.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    expect(pipes).toEqual([]);
    await expect(pipe(scene, 'producer')).resolves.toBeDefined();
    expect(pipes).toHaveLength(2);
  });

  test('of one producer under one id fail but for one, and harm neither it nor the pair', async () => {
    const scene = await setScene();
    const results = await Promise.allSettled([pipe(scene, 'producer'), pipe(scene, 'producer')]);

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(scene.pipes.map(({ closed }) => closed)).toEqual([false, false]);
    await until('what failed to be closed', () => countOf(scene, 'consumer') === 1);
    expect(countOf(scene, 'producer')).toBe(2);
  });
});

describe('a pipe between two daemons', () => {
  test('ends when either daemon is killed, and nothing of it is left on the other', async () => {
    for (const victim of [0, 1]) {
      const daemons = [await ObservedDaemon.start(), await ObservedDaemon.start()];
      const clients = await Promise.all(daemons.map(({ url }) => ObservedClient.connect(url)));
      const routers = await Promise.all(
        clients.map(async ({ mediasoup }) =>
          (await mediasoup.createWorker()).createRouter({ mediaCodecs }),
        ),
      );
      const [source, target] = routers as [types.Router, types.Router];
      const transport = await source.createPlainTransport({ listenInfo: loopback });
      const producer = await transport.produce(audioProducer(1111));
      const { pipeConsumer, pipeProducer } = await source.pipeToRouter({
        producerId: producer.id,
        router: target,
      });
      const closes = [pipeConsumer!, pipeProducer!].map((end) =>
        recordEvents(end.observer as types.ConsumerObserver, 'close'),
      );

      await daemons[victim]!.kill();
      await clients[victim]!.saw('mediasoup undefined');
      expect([pipeConsumer!.closed, pipeProducer!.closed]).toEqual([true, true]);
      expect(closes.map(({ length }) => length)).toEqual([1, 1]);

      const survivor = routers[1 - victim]!;
      const left = (await survivor.dump()).transportIds.filter((id) => id !== transport.id);

      expect(left).toEqual([]);
    }
  });
});
