import { once } from 'node:events';
import type { ManagerStats } from '@tureen/remote-client';
import { RemoteServer } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { memoryClient } from '../support/targets/memory.js';

async function statsOf(
  flags: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<ManagerStats> {
  const daemon = await ObservedDaemon.start(flags, env);
  const { client } = await ObservedClient.connect(daemon.url);

  return client.getStats();
}

describe('stats of a daemon', () => {
  test('say who the host is, as flags tell', async () => {
    const { host, os } = await statsOf([
      ...['--host-id', 'media-7', '--tag', 'region=eu', '--tag', 'rack=b'],
      ...['--pipe-address', '127.0.0.2', '--pipe-announced-address', 'pipes.example.com'],
      ...['--pipe-ports', '40000-40100', '--bandwidth', '2500'],
    ]);

    expect(host).toEqual({
      id: 'media-7',
      tags: { region: 'eu', rack: 'b' },
      pipeAddress: {
        ip: '127.0.0.2',
        announcedAddress: 'pipes.example.com',
        portRange: { min: 40_000, max: 40_100 },
      },
    });
    expect(os.network?.capacity).toBe(2.5e9);
  });

  test('say it as the environment tells', async () => {
    const { host } = await statsOf([], {
      TUREEN_HOST_ID: 'media-7',
      TUREEN_TAG: 'region=eu, rack=b',
      TUREEN_PIPE_PORTS: '40000-40100',
    });

    expect(host).toMatchObject({ id: 'media-7', tags: { region: 'eu', rack: 'b' } });
  });

  test('say it without being told, the same for all that share a loopback', async () => {
    const [one, two, listening, anywhere] = await Promise.all([
      statsOf([]),
      statsOf([]),
      statsOf(['--listen-ip', '127.0.0.3']),
      statsOf(['--listen-ip', '0.0.0.0']),
    ]);

    expect(one!.host).toEqual(two!.host);
    expect(listening!.host).toMatchObject({ id: one!.host!.id, pipeAddress: { ip: '127.0.0.3' } });
    expect(anywhere!.host).toEqual(one!.host);
  });

  test('tell of the workers of all clients, and of those behind one', async () => {
    const daemon = await ObservedDaemon.start();
    const asOne = await ObservedDaemon.start([
      ...['--vertical', '--vertical-workers', '2', '--placement', 'scatter'],
      ...['--watermark-node', '100'],
    ]);

    for (const { url } of [daemon, asOne]) {
      const { client, mediasoup: one } = await ObservedClient.connect(url);
      const { mediasoup: other } = await ObservedClient.connect(url);
      const worker = await one.createWorker();

      if (url === daemon.url) {
        await other.createWorker();
      } else {
        const router = await worker.createRouter();

        await router.createDirectTransport();
        await router.createDirectTransport();
      }

      const { workers } = await client.getStats();
      const { workers: pids } = url === daemon.url ? daemon : asOne;

      expect(pids).toHaveLength(2);
      expect(workers!.map(({ pid }) => pid).sort()).toEqual(pids.sort());
      expect(workers!.every(({ memory }) => memory > 0)).toBe(true);
    }
  });

  test('ask workers no more than once a second, however many ask', async () => {
    const server = new RemoteServer({ mediasoup });
    const client = memoryClient(server);
    let asked = 0;
    const count = (worker: types.Worker): void => {
      const usage = worker.getResourceUsage.bind(worker);

      worker.getResourceUsage = () => {
        asked += 1;

        return usage();
      };
    };

    mediasoup.observer.prependListener('newworker', count);
    onTestFinished(async () => {
      mediasoup.observer.off('newworker', count);
      client.close();
      await server.close();
    });
    await once(client, 'mediasoup');
    await client.mediasoup!.createWorker();
    // It is asked as soon as it is there.
    expect(asked).toBe(1);

    const began = performance.now();

    await Promise.all(Array.from({ length: 50 }, () => client.getStats()));

    const seconds = (performance.now() - began) / 1000;

    expect(asked).toBeLessThanOrEqual(2 + Math.floor(seconds));
  });
});
