import { once } from 'node:events';
import {
  defaultWeights,
  getStatsFactory,
  MediasoupVertical,
  weighted,
  type MediasoupVerticalOptions,
  type PlacementCandidate,
  type PlacementRequest,
} from '@tureen/vertical';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs } from '../support/media.js';
import { workerProcesses } from '../support/useTarget.js';

interface Room {
  vertical: MediasoupVertical;
  router: types.Router;
  /** Indexes of the real workers of these transports. */
  workersOf(transports: types.Transport[]): (number | undefined)[];
}

describe('transports of a virtual router, on real workers', () => {
  afterAll(async () => {
    await until('all workers have gone', () => workerProcesses().length === 0);
  });

  async function open(options: MediasoupVerticalOptions): Promise<Room> {
    const stats = getStatsFactory(mediasoup);
    // Nothing but the policy decides whether a worker is started.
    const vertical = new MediasoupVertical(
      { mediasoup, getStats: stats.getStats },
      { maxWorkers: 3, watermarkNode: 100, ...options },
    );

    onTestFinished(() => {
      vertical.close();
      stats.close();
    });
    await once(vertical, 'mediasoup');

    const worker = await vertical.mediasoup!.createWorker();
    const router = await worker.createRouter({ mediaCodecs });

    return {
      vertical,
      router,
      workersOf: (transports) => {
        const { realRouters } = vertical.describe().workers[0]!.routers[0]!;

        return transports.map(
          ({ id }) => realRouters.find(({ transportIds }) => transportIds.includes(id))?.worker,
        );
      },
    };
  }

  /** One after the other. */
  async function create(
    { router }: Room,
    count: number,
    appData: types.AppData = {},
  ): Promise<types.Transport[]> {
    const transports: types.Transport[] = [];

    while (transports.length < count) {
      transports.push(await router.createPlainTransport({ listenInfo: loopback, appData }));
    }

    return transports;
  }

  test('concentrate keeps them together', async () => {
    const room = await open({});

    expect(room.workersOf(await create(room, 5))).toEqual([0, 0, 0, 0, 0]);
  });

  test('and leaves a worker that has been given enough, measured or not', async () => {
    const room = await open({ watermarkWorker: 1 });

    // A little less than 1 % is held for each a moment later.
    expect(new Set(room.workersOf(await create(room, 6)))).toEqual(new Set([0, 1, 2]));
  });

  test('spread takes all workers there are', async () => {
    const room = await open({ placement: 'spread' });

    expect(new Set(room.workersOf(await create(room, 3)))).toEqual(new Set([0, 1, 2]));
  });

  test('weighted fills one after the other', async () => {
    const { transport, producer } = defaultWeights;
    const room = await open({
      placement: 'weighted',
      budgetPerWorker: 2 * (transport + producer.audio),
    });
    const transports: types.Transport[] = [];

    for (let ssrc = 1; ssrc <= 6; ssrc += 1) {
      const [created] = (await create(room, 1)) as [types.Transport];

      await created.produce(audioProducer(ssrc));
      transports.push(created);
    }
    expect(room.workersOf(transports)).toEqual([0, 0, 1, 1, 2, 2]);
    transports[0]!.close();
    expect(room.workersOf(await create(room, 1))).toEqual([0]);
  });

  test('weighted makes room for what is said to come', async () => {
    const placement = weighted({
      budgetPerWorker: 100,
      expectedWeight: ({ appData }) => (appData.role === 'viewer' ? 97 : 0),
    });
    const room = await open({ placement });

    expect(room.workersOf(await create(room, 1))).toEqual([0]);
    expect(room.workersOf(await create(room, 2, { role: 'viewer' }))).toEqual([1, 2]);
    expect(room.workersOf(await create(room, 1))).toEqual([0]);
  });

  test('a function of the application decides, knowing what there is', async () => {
    const asked: { request: PlacementRequest; candidates: readonly PlacementCandidate[] }[] = [];
    const room = await open({
      placement: (request, candidates) => {
        asked.push({ request, candidates });

        return request.appData.worker as number;
      },
    });
    const first = await create(room, 1, { worker: 2 });

    await first[0]!.produce(audioProducer(1));

    const others = await create(room, 1, { worker: 1 });
    const { request, candidates } = asked.at(-1)!;

    expect(room.workersOf([...first, ...others])).toEqual([2, 1]);
    expect(request).toEqual({ kind: 'plain', routerId: room.router.id, appData: { worker: 1 } });
    expect(candidates).toMatchObject([
      { index: 0, running: true, transports: 0 },
      { index: 1, running: false, transports: 0, hasRouter: false },
      {
        index: 2,
        running: true,
        transports: 1,
        producers: 1,
        consumers: 0,
        hasRouter: true,
        weight: defaultWeights.transport + defaultWeights.producer.audio,
      },
    ]);
    expect(candidates[2]!.reserved).toBeGreaterThan(0);
  });

  test('no other is started on a host that is busy, after a pause neither', async () => {
    let busy = 0;
    let total = 0;
    const vertical = new MediasoupVertical(
      {
        mediasoup,
        getStats: async () => {
          const answer = await stats.getStats();

          busy += 95;
          total += 100;

          return { ...answer, os: { ...answer.os, cpuTimes: { busy, total } } };
        },
      },
      { maxWorkers: 2, placement: 'spread' },
    );
    const stats = getStatsFactory(mediasoup);
    const transports = async (answers: number): Promise<void> => {
      await once(vertical, 'mediasoup');

      const worker = await vertical.mediasoup!.createWorker();
      const router = await worker.createRouter({ mediaCodecs });

      await until('the host was measured', () => total >= 100 * answers);
      await router.createPlainTransport({ listenInfo: loopback });
      await router.createPlainTransport({ listenInfo: loopback });
      expect(vertical.describe().workers[0]!.realWorkers).toMatchObject([
        { state: 'running', transports: 2 },
        { state: 'stopped', transports: 0 },
      ]);
    };

    onTestFinished(() => {
      vertical.close();
      stats.close();
    });
    // It takes two answers to know how busy the host is.
    await transports(2);
    vertical.close();
    total = 0;
    busy = 0;
    vertical.open();
    await transports(1);
  });

  test('what it decides in vain goes to the least loaded that runs', async () => {
    for (const answer of [7, -1, NaN, undefined]) {
      const room = await open({ placement: () => answer });

      expect(room.workersOf(await create(room, 2))).toEqual([0, 0]);
    }
  });
});
