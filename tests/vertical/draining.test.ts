import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { MediasoupVertical } from '@tureen/vertical';
import type { types } from 'mediasoup';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { startHosts, unusable } from '../horizontal/support/hosts.js';
import { until } from '../support/events.js';
import { mediaCodecs } from '../support/media.js';
import { closeWorker, noWorkersLeft } from '../support/useTarget.js';

afterAll(noWorkersLeft);

test(
  'a host that drains gets nothing new of the rooms that go on, and ends when it is left',
  { timeout: 60_000 },
  async () => {
    const { horizontal, clients, daemons } = await startHosts({
      placement: 'concentrate',
      args: ['--drain-timeout', '600'],
    });
    const vertical = new MediasoupVertical(horizontal, {
      watermarkNode: 100,
      idleWorkerTimeout: 100,
      // The busiest is the best: it is never full.
      placement: (_request, candidates) =>
        candidates.toSorted((one, other) => other.transports - one.transports)[0]!.index,
    });

    onTestFinished(() => vertical.close());
    await once(vertical, 'mediasoup');

    const worker = await vertical.mediasoup!.createWorker();

    onTestFinished(() => closeWorker(worker));

    const router = await worker.createRouter({ mediaCodecs });
    const hostOf = ({ id }: types.Transport) => {
      const [{ realWorkers, routers } = { realWorkers: [], routers: [] }] =
        vertical.describe().workers;
      const real = routers[0]!.realRouters.find(({ transportIds }) => transportIds.includes(id));

      return realWorkers.find(({ index }) => index === real?.worker)?.host;
    };
    const people = [await router.createDirectTransport(), await router.createDirectTransport()];
    const [home] = people.map(hostOf);
    const index = Number(home!.slice('host '.length));
    const told = unusable(horizontal, clients[index]!);
    const ended = once(daemons[index]!.process, 'exit');

    expect(people.map(hostOf)).toEqual([home, home]);
    daemons[index]!.process.kill('SIGTERM');
    await told;
    // Whoever comes from now on comes to the other host, as soon as that has been heard.
    await until('somebody to come to the other host', async () => {
      const newcomer = await router.createDirectTransport();
      const isElsewhere = hostOf(newcomer) !== home;

      if (!isElsewhere) {
        newcomer.close();
        await setTimeout(100);
      }

      return isElsewhere;
    });
    expect(people.map(hostOf)).toEqual([home, home]);
    people.forEach((transport) => transport.close());
    expect(await ended).toEqual([0, null]);
    expect(worker.closed).toBe(false);
    expect(router.closed).toBe(false);
    await router.createDirectTransport();
  },
);
