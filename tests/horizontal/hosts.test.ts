import { once } from 'node:events';
import {
  byTag,
  concentrateHosts,
  IncompatibleHostError,
  leastLoaded,
  ManagerClosedError,
  MediasoupHorizontal,
  NoHostError,
} from '@tureen/horizontal';
import { getStatsFactory } from '@tureen/vertical';
import * as local from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { nextEvent, until } from '../support/events.js';
import { closeWorker, noWorkersLeft } from '../support/useTarget.js';
import { impatient, quick, startHosts, unusable, usable } from './support/hosts.js';

afterAll(noWorkersLeft);

describe('hosts come and go as in a Set', () => {
  test('it has what a Set of managers has', async () => {
    const { horizontal, clients, another } = await startHosts();
    const [one, two] = clients;
    const three = await another();

    expect(horizontal.size).toBe(2);
    expect([...horizontal]).toEqual([one, two]);
    expect([...horizontal.keys()]).toEqual([...horizontal.values()]);
    expect([...horizontal.entries()]).toEqual([
      [one, one],
      [two, two],
    ]);
    expect(horizontal.add(three).add(three).size).toBe(3);
    expect(horizontal.has(three)).toBe(true);
    await usable(horizontal, 3);
    expect(horizontal.delete(two!)).toBe(true);
    expect(horizontal.delete(two!)).toBe(false);
    expect(horizontal.has(two!)).toBe(false);

    const seen: unknown[] = [];

    horizontal.forEach((manager) => seen.push(manager));
    expect(seen).toEqual([one, three]);
    horizontal.clear();
    expect(horizontal.size).toBe(0);
    expect(horizontal.mediasoup).toBeUndefined();
    expect(() => horizontal.add(undefined as never)).toThrow(TypeError);
  });

  test('the object is there as soon as one host is, and the same again when it is back', async () => {
    const horizontal = new MediasoupHorizontal([], quick);

    onTestFinished(() => horizontal.close());
    expect(horizontal.mediasoup).toBeUndefined();
    expect(horizontal.readyState).toBe(MediasoupHorizontal.CONNECTING);

    const { clients } = await startHosts({ count: 1 });

    horizontal.add(clients[0]!);

    const [first] = (await once(horizontal, 'mediasoup')) as [types.Index];

    expect(first).toBe(horizontal.mediasoup);
    expect(horizontal.readyState).toBe(MediasoupHorizontal.CONNECTED);
    expect(first.version).toBe(local.version);
    horizontal.delete(clients[0]!);
    expect(horizontal.mediasoup).toBeUndefined();
    horizontal.add(clients[0]!);
    expect(await once(horizontal, 'mediasoup')).toEqual([first]);
    expect(horizontal.mediasoup).toBe(first);
  });

  test('a host that was taken out keeps its workers and gets no more', async () => {
    const { horizontal, mediasoup, clients, indexOf } = await startHosts();
    const workers = [await mediasoup.createWorker(), await mediasoup.createWorker()];

    horizontal.delete(clients[1]!);
    expect(workers.map(({ closed }) => closed)).toEqual([false, false]);
    expect(await (await workers[1]!.createRouter()).dump()).toMatchObject({ transportIds: [] });
    expect(horizontal.describe().hosts[1]).toMatchObject({ leaving: true, usable: false });
    for (let count = 0; count < 3; count += 1) {
      expect(indexOf(await mediasoup.createWorker())).toBe(0);
    }
    horizontal.add(clients[1]!);
    await usable(horizontal, 2);
    // Those of before count again.
    expect(indexOf(workers[1]!)).toBe(1);
    horizontal.delete(clients[1]!);
    workers[1]!.close();
    expect(horizontal.describe().hosts).toHaveLength(1);
  });

  test('draining gives no more workers, tells when none is left, and can be taken back', async () => {
    const { horizontal, mediasoup, clients, indexOf } = await startHosts();
    const workers = [await mediasoup.createWorker(), await mediasoup.createWorker()];
    let drained = false;
    const draining = horizontal.drain(clients[1]!).then(() => (drained = true));

    expect(indexOf(await mediasoup.createWorker())).toBe(0);
    expect(indexOf(await mediasoup.createWorker())).toBe(0);
    expect(drained).toBe(false);
    expect(workers[1]!.closed).toBe(false);
    workers[1]!.close();
    await draining;
    horizontal.undrain(clients[1]!);
    await usable(horizontal, 2);
    expect(indexOf(await mediasoup.createWorker())).toBe(1);
  });

  test('a daemon that drains is given nothing', async () => {
    const { horizontal, mediasoup, clients, daemons, indexOf } = await startHosts({
      args: ['--drain-timeout', '600'],
    });
    const workers = [await mediasoup.createWorker(), await mediasoup.createWorker()];
    const told = unusable(horizontal, clients[1]!);

    daemons[1]!.process.kill('SIGTERM');
    expect(await told).toBe('draining');
    expect(indexOf(await mediasoup.createWorker())).toBe(0);
    expect(indexOf(await mediasoup.createWorker())).toBe(0);
    expect(workers[1]!.closed).toBe(false);

    const ended = once(daemons[1]!.process, 'exit');

    // Its last worker gone, the daemon ends by itself.
    workers[1]!.close();
    expect(await ended).toEqual([0, null]);
  });

  test('close() closes its workers, no manager, and can be undone', async () => {
    const { horizontal, mediasoup, clients } = await startHosts();
    const workers = [await mediasoup.createWorker(), await mediasoup.createWorker()];
    const closed = once(horizontal, 'close');

    horizontal.close();
    horizontal.close();
    await closed;
    expect(workers.map((worker) => worker.closed)).toEqual([true, true]);
    expect(clients.map(({ mediasoup }) => mediasoup !== undefined)).toEqual([true, true]);
    expect(horizontal.readyState).toBe(MediasoupHorizontal.CLOSED);
    await expect(mediasoup.createWorker()).rejects.toThrow(ManagerClosedError);
    await expect(horizontal.getStats()).rejects.toThrow(ManagerClosedError);
    horizontal.open();
    await usable(horizontal, 2);
    expect((await mediasoup.createWorker()).closed).toBe(false);
  });

  test('a worker that is made while it closes is closed, too', async () => {
    const { horizontal, mediasoup, clients } = await startHosts();
    const making = mediasoup.createWorker();

    horizontal.close();
    await expect(making).rejects.toThrow(ManagerClosedError);
    for (const client of clients) {
      await until('no worker is left', async () => {
        const { workers = [] } = await client.getStats();

        return workers.length === 0;
      });
    }
  });
});

describe('which host a worker goes to', () => {
  test('four at once on two idle hosts are two each', async () => {
    const { mediasoup, indexOf } = await startHosts({ placement: 'leastLoaded' });
    const workers = await Promise.all([1, 2, 3, 4].map(() => mediasoup.createWorker()));

    expect(workers.map(indexOf).sort()).toEqual([0, 0, 1, 1]);
  });

  test.each([
    ['the one with most workers that has a core left', [], [1, 3, 0], 1],
    ['not one that has a worker for each core', [], [4, 1, 0], 1],
    ['not one above the watermark', [0, 75, 0], [1, 3, 0], 0],
    ['the least loaded, if none is open', [80, 75, 90], [4, 4, 4], 1],
  ])('concentrate: %s', (_, cpu, workers, chosen) => {
    const candidates = workers.map((count, index) => ({
      manager: { mediasoup: undefined, getStats: () => Promise.reject(new Error('not asked')) },
      host: { id: `host ${index}` },
      cpus: 4,
      cpu: cpu[index] ?? 0,
      reserved: 0,
      network: undefined,
      workers: count,
    }));

    expect(concentrateHosts()({ appData: {} }, candidates)).toBe(chosen);
  });

  test('a network that is nearly full counts as a busy host', async () => {
    const candidate = (cpu: number, network: number | undefined) => ({
      manager: { mediasoup: undefined, getStats: () => Promise.reject(new Error('not asked')) },
      host: { id: 'host' },
      cpus: 4,
      ...{ cpu, network },
      reserved: 0,
      workers: 0,
    });

    expect(leastLoaded()({ appData: {} }, [candidate(10, 90), candidate(60, 5)])).toBe(1);
    expect(leastLoaded()({ appData: {} }, [candidate(10, undefined), candidate(60, 5)])).toBe(0);
  });

  test('one with the tag that the worker has, strictly or if it can be had', async () => {
    const regions = ['eu', 'us'];
    const tagged = (strict: boolean) =>
      startHosts({ placement: byTag('region', { strict }) }).then(async (hosts) => {
        hosts.clients.forEach((client, index) => {
          hosts.horizontal.delete(client);
          hosts.horizontal.add(client, { tags: { region: regions[index]! } });
        });
        await usable(hosts.horizontal, 2);

        return hosts;
      });
    const { mediasoup, indexOf } = await tagged(false);
    const inRegion = (region: string) => mediasoup.createWorker({ appData: { region } });

    for (const region of ['us', 'us', 'eu', 'us']) {
      expect(indexOf(await inRegion(region))).toBe(regions.indexOf(region));
    }
    expect(indexOf(await inRegion('asia'))).toBeGreaterThanOrEqual(0);

    const strict = await tagged(true);

    await expect(strict.mediasoup.createWorker({ appData: { region: 'asia' } })).rejects.toThrow(
      NoHostError,
    );
  });

  test('the one that a function of the application names, else the least loaded', async () => {
    const asked: unknown[] = [];
    const { mediasoup, indexOf } = await startHosts({
      placement: ({ appData }, candidates) => {
        asked.push(candidates.map(({ host }) => host.id));

        return appData.wanted as number;
      },
    });

    expect(indexOf(await mediasoup.createWorker({ appData: { wanted: 1 } }))).toBe(1);
    expect(indexOf(await mediasoup.createWorker({ appData: { wanted: 99 } }))).toBe(0);
    expect(asked).toEqual([
      ['host 0', 'host 1'],
      ['host 0', 'host 1'],
    ]);
    expect(() => new MediasoupHorizontal([], { placement: 'best' as never })).toThrow(
      /'leastLoaded', 'roundRobin'/,
    );
    expect(() => new MediasoupHorizontal([], { staleAfter: Number.NaN })).toThrow(TypeError);
  });

  test('what is wrong with the settings is told at once, by mediasoup’s own class', async () => {
    const { mediasoup } = await startHosts();

    await expect(mediasoup.createWorker({ logLevel: 'chicken' as never })).rejects.toThrow(
      TypeError,
    );
  });

  test('appData is the very object, the worker is announced before it is given', async () => {
    const { mediasoup } = await startHosts();
    const announced: types.Worker[] = [];
    const appData = { of: 'the application' };

    mediasoup.observer.on('newworker', (worker) => announced.push(worker));

    const worker = await mediasoup.createWorker({ appData });

    expect(announced).toEqual([worker]);
    expect(worker.appData).toBe(appData);
  });

  test('two workers with one process id on two hosts show two', async () => {
    const pretending = () => {
      const stats = getStatsFactory(local);

      onTestFinished(() => stats.close());

      return {
        mediasoup: {
          ...local,
          createWorker: async <A extends types.AppData>(settings?: types.WorkerSettings<A>) => {
            const worker = await local.createWorker(settings);

            onTestFinished(() => closeWorker(worker as unknown as types.Worker));

            return Object.defineProperty(worker, 'pid', { value: 4711, configurable: true });
          },
        },
        getStats: stats.getStats,
      };
    };
    const horizontal = new MediasoupHorizontal([pretending(), pretending()], {
      ...quick,
      placement: 'roundRobin',
    });

    onTestFinished(() => horizontal.close());
    await usable(horizontal, 2);

    const mediasoup = horizontal.mediasoup!;
    const one = await mediasoup.createWorker();
    const two = await mediasoup.createWorker();

    expect(one.pid).toBe(4711);
    expect(two.pid).toBe(4711 + 2 ** 22);
    expect((await two.dump()).pid).toBe(two.pid);
    one.close();
    expect((await mediasoup.createWorker()).pid).toBe(4711);
  });
});

describe('hosts must agree', () => {
  const withVersion = (version: string) => {
    const stats = getStatsFactory(local);

    onTestFinished(() => stats.close());

    return { mediasoup: { ...local, version }, getStats: stats.getStats };
  };

  test('one with another minor version is not used, and that is said', async () => {
    const horizontal = new MediasoupHorizontal([withVersion('3.27.1')], quick);
    const other = withVersion('3.26.9');

    onTestFinished(() => horizontal.close());
    await once(horizontal, 'mediasoup');

    const told = once(horizontal, 'error');

    horizontal.add(other, { id: 'the old one' });

    const [error] = (await told) as [Error];

    expect(error).toBeInstanceOf(IncompatibleHostError);
    expect(error.message).toMatch(/the old one.*3\.26\.9.*3\.27\.1/);
    expect(horizontal.describe().hosts.map((host) => host.usable)).toEqual([true, false]);

    // When those have gone that it did not agree with, it is used.
    for (const manager of horizontal) {
      if (manager !== other) horizontal.delete(manager);
    }
    await usable(horizontal, 1);
    expect(horizontal.mediasoup!.version).toBe('3.26.9');
  });

  test('one with another patch version is used', async () => {
    const horizontal = new MediasoupHorizontal(
      [withVersion('3.27.1'), withVersion('3.27.0')],
      quick,
    );

    onTestFinished(() => horizontal.close());
    await usable(horizontal, 2);
  });
});

describe('a host that is lost', () => {
  test('SIGKILL: its workers die, each once, all others live, new ones go elsewhere', async () => {
    const { horizontal, mediasoup, daemons, clients, indexOf } = await startHosts({ count: 3 });
    const workers: types.Worker[] = [];
    const deaths: number[] = [];

    for (let index = 0; index < 6; index += 1) {
      const worker = await mediasoup.createWorker();

      worker.on('died', () => deaths.push(index));
      workers.push(worker);
    }

    const told = unusable(horizontal, clients[1]!);
    const died = [1, 4].map((index) => nextEvent(workers[index]!, 'died'));

    horizontal.on('error', () => undefined);
    daemons[1]!.process.kill('SIGKILL');
    await Promise.all(died);
    expect(await told).toBe('not connected');
    expect(deaths.sort()).toEqual([1, 4]);
    expect(workers.map(({ closed }) => closed)).toEqual([false, true, false, false, true, false]);
    for (let count = 0; count < 4; count += 1) {
      expect(indexOf(await mediasoup.createWorker())).not.toBe(1);
    }
  });

  test(
    'SIGSTOP: a worker that is being made there is made elsewhere, none is left behind',
    { timeout: 60_000 },
    async () => {
      const { horizontal, mediasoup, daemons, clients, indexOf } = await startHosts(impatient);
      const first = await mediasoup.createWorker();

      expect(indexOf(first)).toBe(0);
      daemons[1]!.process.kill('SIGSTOP');

      // It goes to the host that hangs, which is not known yet.
      const worker = await mediasoup.createWorker();

      expect(indexOf(worker)).toBe(0);
      expect(horizontal.describe().hosts[1]).toMatchObject({ usable: false, workers: [] });

      const back = usable(horizontal, 2);

      daemons[1]!.process.kill('SIGCONT');
      await back;
      await until('what was made late is closed', async () => {
        const { workers = [] } = await clients[1]!.getStats();

        return workers.length === 0;
      });
      expect(indexOf(await mediasoup.createWorker())).toBe(1);
    },
  );

  test(
    'all of them: no host says why, and the object goes away and comes back',
    { timeout: 60_000 },
    async () => {
      const { horizontal, mediasoup, daemons } = await startHosts();
      const gone = once(horizontal, 'mediasoup');

      horizontal.on('error', () => undefined);
      daemons.forEach((daemon) => daemon.process.kill('SIGKILL'));
      expect(await gone).toEqual([undefined]);
      await expect(mediasoup.createWorker()).rejects.toThrow(
        /host 0 \(not connected\), host 1 \(not connected\)/,
      );

      const { clients } = await startHosts({ count: 1 });
      const back = once(horizontal, 'mediasoup');

      horizontal.add(clients[0]!);
      expect(await back).toEqual([mediasoup]);
      expect((await mediasoup.createWorker()).closed).toBe(false);
    },
  );

  test('its workers’ deaths are also errors of the manager, unless that is unwanted', async () => {
    const { horizontal, mediasoup } = await startHosts();
    const worker = await mediasoup.createWorker();
    const told = once(horizontal, 'error');

    process.kill(worker.pid, 'SIGKILL');

    const [error] = (await told) as [Error];

    expect(error.message).toContain('SIGKILL');

    const silent = await startHosts({ listenWorkerDied: false });
    const errors: Error[] = [];

    silent.horizontal.on('error', (each) => errors.push(each));

    const victim = await silent.mediasoup.createWorker();
    const died = nextEvent(victim, 'died');

    process.kill(victim.pid, 'SIGKILL');
    await died;
    await until('it is not known any more', () => silent.indexOf(victim) === -1);
    expect(errors).toEqual([]);
  });
});

test('stats are the sums of all hosts, and each host’s', async () => {
  const { horizontal, clients } = await startHosts();
  const one = await clients[0]!.getStats();
  const { os, hosts } = await horizontal.getStats();

  expect(os.cpus).toBe(2 * one.os.cpus);
  expect(os.totalmem).toBe(2 * one.os.totalmem);
  expect(hosts).toMatchObject([
    { usable: true, stats: { os: { cpus: one.os.cpus } } },
    { usable: true, stats: { os: { cpus: one.os.cpus } } },
  ]);
  // What the hosts did before is not told as if it had been done now.
  expect(os.cpuTimes!.total).toBeLessThan(one.os.cpuTimes!.total);
});
