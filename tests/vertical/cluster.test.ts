import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { hostStats } from '@tureen/manager';
import {
  localManager,
  ManagerClosedError,
  type ManagerStats,
  MediasoupVertical,
  type MediasoupVerticalOptions,
  NotConnectedError,
  type PlacementCandidate,
} from '@tureen/vertical';
import * as mediasoup from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { nextEvent, until } from '../support/events.js';
import { closeWorker, noWorkersLeft } from '../support/useTarget.js';
import { hostedMediasoup } from './support/hostedMediasoup.js';

describe('what is below may change while it is in use', () => {
  afterAll(noWorkersLeft);

  describe('the mediasoup object', () => {
    async function overLocal() {
      const below = localManager(mediasoup);
      const vertical = new MediasoupVertical(below, { maxWorkers: 2 });

      onTestFinished(() => {
        vertical.close();
        below.close();
      });
      await once(vertical, 'mediasoup');

      return { below, vertical, facade: vertical.mediasoup! };
    }

    test('is the same again when the one below comes back', async () => {
      const { below, vertical, facade } = await overLocal();
      const worker = await facade.createWorker();
      const gone = [once(vertical, 'mediasoup'), nextEvent(worker.observer, 'close')];

      below.close();
      expect((await Promise.all(gone))[0]).toEqual([undefined]);
      expect(vertical.mediasoup).toBeUndefined();

      const back = once(vertical, 'mediasoup');

      below.open();
      expect((await back)[0]).toBe(facade);
      expect(vertical.mediasoup).toBe(facade);

      const announced = nextEvent(facade.observer, 'newworker');
      const next = await facade.createWorker();

      expect(await announced).toEqual([next]);
      expect((await next.createRouter()).closed).toBe(false);
      await closeWorker(next);
    });

    test('says by name why it makes no worker', async () => {
      const { below, vertical, facade } = await overLocal();

      below.close();
      await expect(facade.createWorker()).rejects.toThrow(NotConnectedError);
      vertical.close();
      await expect(facade.createWorker()).rejects.toThrow(ManagerClosedError);
    });

    test('makes no worker that outlives the manager', async () => {
      const { vertical, facade } = await overLocal();
      const making = facade.createWorker();

      vertical.close();
      await expect(making).rejects.toThrow(ManagerClosedError);
      await noWorkersLeft();
    });
  });

  describe('there are as many real workers as cores', () => {
    async function overHosts(cpus: number, options: MediasoupVerticalOptions = {}) {
      const seen: (readonly PlacementCandidate[])[] = [];
      const told = { cpus };
      let index = -1;
      const vertical = new MediasoupVertical(
        {
          mediasoup: hostedMediasoup(['a', 'b']),
          getStats: async (): Promise<ManagerStats> => {
            const stats = hostStats();

            return { ...stats, os: { ...stats.os, cpus: told.cpus } };
          },
        },
        {
          watermarkNode: 100,
          placement: ({ kind }, candidates) => {
            seen.push(candidates);
            index += Number(kind !== 'router');

            return candidates[Math.max(0, index) % candidates.length]!.index;
          },
          ...options,
        },
      );

      await once(vertical, 'mediasoup');

      const worker = await vertical.mediasoup!.createWorker();

      onTestFinished(async () => {
        await closeWorker(worker);
        vertical.close();
      });

      return {
        told,
        worker,
        router: await worker.createRouter(),
        seen,
        states: () => vertical.describe().workers[0]!.realWorkers.map(({ state }) => state),
        pids: () => vertical.describe().workers[0]!.realWorkers.map(({ pid }) => pid),
      };
    }

    test('of this host, until the stats tell of others', async () => {
      const { states } = await overHosts(0);

      expect(states()).toHaveLength(availableParallelism());
    });

    test('of the hosts, when some are added and when some go', { timeout: 90_000 }, async () => {
      const { told, router, seen, states, pids } = await overHosts(3);

      await until('three', () => states().length === 3);
      told.cpus = 4;
      await until('four', () => states().length === 4);
      for (let count = 0; count < 4; count += 1) {
        await router.createDirectTransport();
      }
      expect(states()).toEqual(['running', 'running', 'running', 'running']);

      // A host goes, and with it its workers: the cores that are left are all in use.
      told.cpus = 2;
      process.kill(pids()[1]!, 'SIGKILL');
      process.kill(pids()[3]!, 'SIGKILL');
      await until('no replacement', () => states()[1] === 'stopped' && states()[3] === 'stopped');
      expect(states()).toEqual(['running', 'stopped', 'running', 'stopped']);
      await router.createDirectTransport();
      expect(seen.at(-1)!.map(({ index }) => index)).toEqual([0, 2]);

      told.cpus = 3;
      await until('a place again', async () => {
        (await router.createDirectTransport()).close();

        return seen.at(-1)!.length === 3;
      });
      expect(seen.at(-1)!.map(({ index }) => index)).toEqual([0, 1, 2]);
    });

    test('but no more than a machine can keep, whatever a host says', async () => {
      const { states } = await overHosts(1e6);

      await until('as many as there may be', () => states().length > availableParallelism());
      expect(states()).toHaveLength(1024);
    });

    test('unless the application says how many', async () => {
      const { told, router, seen, states } = await overHosts(5, { maxWorkers: 2 });

      told.cpus = 8;
      await router.createDirectTransport();
      expect(states()).toHaveLength(2);
      expect(seen.at(-1)).toHaveLength(2);
    });

    test('and a policy is told on which host each is', async () => {
      const { worker, router, seen } = await overHosts(4, { maxWorkers: 4 });

      for (let count = 0; count < 4; count += 1) {
        await router.createDirectTransport();
      }
      // The first real router is on the first worker, and so on host a.
      expect(seen.map((candidates) => candidates.map(tell))).toEqual([
        ['a', '-', '-', '-'],
        ['a+', '-', '-', '-'],
        ['a+', '-', '-', '-'],
        ['a+', 'b+', '-', '-'],
        ['a+', 'b+', 'a+', '-'],
      ]);

      const other = await worker.createRouter();

      await other.createDirectTransport();
      expect(seen.slice(-2).map((candidates) => candidates.map(tell))).toEqual([
        ['a', 'b', 'a', 'b'],
        ['a', 'b+', 'a', 'b+'],
      ]);
    });

    const tell = ({ host, hostHasRouter }: PlacementCandidate): string =>
      `${host ?? '-'}${hostHasRouter ? '+' : ''}`;
  });
});
