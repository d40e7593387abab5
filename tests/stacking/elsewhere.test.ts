import { once } from 'node:events';
import { RemoteServer } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { exists } from '../faults/support/ObservedDaemon.js';
import { until } from '../support/events.js';
import { memoryClient } from '../support/targets/memory.js';
import { noWorkersLeft } from '../support/useTarget.js';

/** A server in this process, whose workers are children of it, whatever it is told. */
async function workerOf(workersElsewhere: boolean): Promise<[RemoteServer, types.Worker]> {
  const server = new RemoteServer({ mediasoup, workersElsewhere });
  const client = memoryClient(server);

  onTestFinished(async () => {
    client.on('error', () => undefined).close();
    await server.close();
  });
  await once(client, 'mediasoup');

  return [server, await client.mediasoup!.createWorker()];
}

describe('processes of workers', () => {
  afterAll(noWorkersLeft);

  test('that are elsewhere are not killed, even where a process of here has that id', async () => {
    const [server, worker] = await workerOf(true);

    server.killWorkers();
    await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
    expect(exists(worker.pid)).toBe(true);
    await expect(server.workerUsage()).resolves.toEqual([]);
  });

  test('of here are', async () => {
    const [server, worker] = await workerOf(false);

    await expect(server.workerUsage()).resolves.toMatchObject([{ pid: worker.pid }]);
    server.killWorkers();
    await until('it to go', () => !exists(worker.pid));
    await until('the client to be told', () => worker.died);
  });
});
