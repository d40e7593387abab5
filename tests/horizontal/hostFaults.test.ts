import { once } from 'node:events';
import {
  byTag,
  type HostManager,
  ManagerClosedError,
  MediasoupHorizontal,
  type MediasoupHorizontalOptions,
} from '@tureen/horizontal';
import { localManager } from '@tureen/manager';
import { getStatsFactory } from '@tureen/vertical';
import * as local from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';
import { closeWorker, noWorkersLeft } from '../support/useTarget.js';
import { quick, usable } from './support/hosts.js';

afterAll(noWorkersLeft);

type CreateWorker = typeof local.createWorker;

/** This host as one of several: workers are real, how they are made and what it answers is given. */
function host({
  createWorker = local.createWorker,
  ...more
}: Partial<HostManager> & { createWorker?: CreateWorker } = {}): HostManager {
  const stats = getStatsFactory(local);

  onTestFinished(() => stats.close());

  return {
    mediasoup: {
      ...local,
      createWorker: (async (settings) => {
        const worker = await createWorker(settings);

        onTestFinished(() => closeWorker(worker as unknown as types.Worker));

        return worker;
      }) as CreateWorker,
    },
    getStats: stats.getStats,
    ...more,
  };
}

async function several(
  managers: readonly HostManager[],
  options: MediasoupHorizontalOptions = {},
  wellOnes = managers.length,
): Promise<MediasoupHorizontal> {
  const horizontal = new MediasoupHorizontal(managers, { ...quick, ...options });

  onTestFinished(() => horizontal.close());
  await usable(horizontal, wellOnes);

  return horizontal;
}

/** Makes workers, but says so only when it may. */
function slowHost() {
  let asked = 0;
  let goOn!: () => void;
  const allowed = new Promise<void>((resolve) => (goOn = resolve));
  const manager = host({
    createWorker: (async (settings) => {
      asked += 1;

      const worker = await local.createWorker(settings);

      await allowed;

      return worker;
    }) as CreateWorker,
  });

  return { manager, goOn, asked: () => asked };
}

describe('draining', () => {
  test('that was taken back does not begin again when a worker of before has gone', async () => {
    const manager = host();
    const horizontal = await several([manager]);
    const mediasoup = horizontal.mediasoup!;
    const before = await mediasoup.createWorker();
    const drained = horizontal.drain(manager);

    horizontal.undrain(manager);
    await usable(horizontal, 1);

    const after = await mediasoup.createWorker();

    before.close();
    await new Promise(setImmediate);
    expect(horizontal.describe().hosts[0]).toMatchObject({ draining: false, usable: true });
    after.close();
    await drained;
    expect(horizontal.describe().hosts[0]).toMatchObject({ draining: false, usable: true });
  });

  test('again and again leaves nothing on a worker', async () => {
    const manager = host();
    const horizontal = await several([manager]);
    const worker = await horizontal.mediasoup!.createWorker();
    const listeners = () => worker.observer.listenerCount('close');
    const before = listeners();
    const drained: Promise<void>[] = [];

    for (let count = 0; count < 20; count += 1) {
      drained.push(horizontal.drain(manager));
      horizontal.undrain(manager);
    }
    expect(listeners()).toBe(before);
    worker.close();
    await Promise.all(drained);
  });

  test('ends, although a worker had died before it was given', async () => {
    const manager = host({
      createWorker: (async (settings) => {
        const worker = await local.createWorker(settings);

        worker.close();

        return worker;
      }) as CreateWorker,
    });
    const horizontal = await several([manager]);

    expect((await horizontal.mediasoup!.createWorker()).closed).toBe(true);
    expect(horizontal.describe().hosts[0]!.workers).toEqual([]);
    await horizontal.drain(manager);
  });
});

describe('while a worker is being made', () => {
  test('closing makes it nowhere else', async () => {
    const slow = slowHost();
    const others = [slowHost(), slowHost()];
    const horizontal = await several(
      [slow, ...others].map(({ manager }) => manager),
      {
        placement: (_request, candidates) =>
          candidates.findIndex(({ manager }) => manager === slow.manager),
      },
    );
    const making = horizontal.mediasoup!.createWorker();

    expect(slow.asked()).toBe(1);
    horizontal.close();
    [slow, ...others].forEach(({ goOn }) => goOn());
    await expect(making).rejects.toThrow(ManagerClosedError);
    expect(others.map(({ asked }) => asked())).toEqual([0, 0]);
  });

  test('its host may be taken out: it is known, and closed with all others', async () => {
    const { manager, goOn } = slowHost();
    const horizontal = await several([manager]);
    const making = horizontal.mediasoup!.createWorker();

    horizontal.delete(manager);
    goOn();

    const worker = await making;

    expect(horizontal.describe().hosts).toMatchObject([{ leaving: true, workers: [worker.pid] }]);
    horizontal.close();
    expect(worker.closed).toBe(true);
    expect(horizontal.describe().hosts).toEqual([]);
  });

  test('its host may be taken out and added again: it is one of its workers', async () => {
    const { manager, goOn } = slowHost();
    const horizontal = await several([manager]);
    const making = horizontal.mediasoup!.createWorker();

    horizontal.delete(manager);
    horizontal.add(manager);
    goOn();

    const worker = await making;

    expect(horizontal.describe().hosts).toMatchObject([{ leaving: false, workers: [worker.pid] }]);
  });
});

describe('a host that answers badly', () => {
  test('is asked again when an answer never comes', async () => {
    const { getStats } = host();
    let asked = 0;
    const manager = host({
      getStats: () => {
        asked += 1;

        return asked === 2 ? new Promise(() => undefined) : getStats();
      },
    });
    const horizontal = await several([manager], { healthInterval: 20, staleAfter: 400 });

    await once(horizontal.observer, 'hostunusable');
    await until('it is asked again', () => asked > 2);
    await usable(horizontal, 1);
  });

  test('spoils no other’s stats', async () => {
    const bad = [
      {},
      { os: null },
      { os: { cpus: 'many', loadavg: 'high', cpuTimes: 7 }, workers: 5, host: { id: {} } },
    ].map((answer) => host({ getStats: async () => answer as never }));
    const good = host();
    const horizontal = await several([...bad, good], {}, 2);
    const { os, workers, hosts } = await horizontal.getStats();
    const { os: ofGood } = await good.getStats();

    expect(hosts!.map((each) => each.usable)).toEqual([false, false, true, true]);
    expect(os).toMatchObject({ cpus: ofGood.cpus, totalmem: ofGood.totalmem });
    expect(os.loadavg.every((load) => Number.isFinite(load))).toBe(true);
    expect(workers).toEqual([]);
    expect(horizontal.describe().hosts[2]!.id).toBe('host-3');
    (await horizontal.mediasoup!.createWorker()).close();
  });
});

test('a closed one leaves nothing on its managers, and follows them when it goes on', async () => {
  const manager = localManager(local);
  const counts = () =>
    (['mediasoup', 'connected', 'disconnected'] as const).map((event) =>
      manager.listenerCount(event),
    );

  onTestFinished(() => manager.close());
  await once(manager, 'mediasoup');

  const before = counts();
  const horizontal = await several([manager]);

  horizontal.close();
  expect(counts()).toEqual(before);
  horizontal.open();
  await until('the host is used', () => horizontal.mediasoup !== undefined);

  const gone = once(horizontal, 'mediasoup');

  manager.close();
  expect(await gone).toEqual([undefined]);
  horizontal.clear();
  expect(counts()).toEqual(before);
});

test('each answer costs a look at its host, however many there are', async () => {
  let looks = 0;
  let answers = 0;
  const stats = await host().getStats();
  const managers = Array.from({ length: 200 }, () => ({
    mediasoup: local,
    get readyState() {
      looks += 1;

      return 4;
    },
    getStats: async () => {
      answers += 1;

      return stats;
    },
  }));

  await several(managers);
  [looks, answers] = [0, 0];
  await until('several rounds', () => answers > 1000);
  expect(looks / answers).toBeLessThan(10);
});

test('a process that stood still does not hold it against its hosts', async () => {
  const horizontal = await several([host(), host()], { healthInterval: 50, staleAfter: 1500 });
  const lost: unknown[] = [];

  horizontal.observer.on('hostunusable', (_, reason) => lost.push(reason));
  // Nothing of this process runs meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
  await horizontal.mediasoup!.createWorker();
  expect(lost).toEqual([]);
  expect(horizontal.describe().hosts.map(({ usable }) => usable)).toEqual([true, true]);
});

describe('what is said of a host', () => {
  test('does not take its id away', async () => {
    const { getStats } = host();
    const manager = host({
      getStats: async () => ({
        ...(await getStats()),
        host: { id: 'told', pipeAddress: { ip: '10.1.2.3' } },
      }),
    });
    const horizontal = await several([manager], {
      hostOf: () => ({ id: undefined, tags: { region: 'eu' } }),
    });

    expect(horizontal.describe().hosts[0]).toMatchObject({
      id: 'told',
      pipeAddress: { ip: '10.1.2.3' },
      tags: { region: 'eu' },
    });
  });

  test('is strict, though the policy among those that fit names none', async () => {
    const managers = [host(), host(), host()];
    const regions = ['us', 'eu', 'eu'];
    const horizontal = await several(managers, {
      placement: byTag('region', { strict: true, then: () => undefined }),
      hostOf: (manager) => ({ tags: { region: regions[managers.indexOf(manager)]! } }),
    });

    for (let count = 0; count < 4; count += 1) {
      await horizontal.mediasoup!.createWorker({ appData: { region: 'eu' } });
    }

    const [us, ...eu] = horizontal.describe().hosts.map(({ workers }) => workers.length);

    expect(us).toBe(0);
    expect(eu[0]! + eu[1]!).toBe(4);
  });
});

test('a host that would count as lost between two questions is refused as an option', () => {
  expect(() => new MediasoupHorizontal([], { healthInterval: 1000, staleAfter: 1000 })).toThrow(
    /staleAfter \(1000\) must be more than healthInterval/,
  );
  // The default follows.
  new MediasoupHorizontal([], { healthInterval: 10_000 }).close();
});
