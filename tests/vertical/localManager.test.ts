import { once } from 'node:events';
import { localManager, type Manager } from '@tureen/vertical';
import * as mediasoup from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';
import { closeWorker, workerProcesses } from '../support/useTarget.js';

type Connected = Manager & { mediasoup: NonNullable<Manager['mediasoup']> };

/** What it shares with the Manager of a remote mediasoup is tested with that. */
describe('the Manager of a mediasoup in this process', () => {
  afterAll(async () => {
    await until('all workers have gone', () => workerProcesses().length === 0);
  });

  /** One that is closed when the test is over. */
  async function connected(): Promise<Connected> {
    const manager = localManager(mediasoup);

    onTestFinished(() => manager.close());
    await once(manager, 'mediasoup');

    return manager as Connected;
  }

  test('a worker that starts while it closes is closed too', async () => {
    const manager = await connected();
    const starting = manager.mediasoup.createWorker();

    manager.close();
    await expect(starting).rejects.toMatchObject({ name: 'ManagerClosedError' });
  });

  test('counts its own workers only', async () => {
    const [one, other] = [await connected(), await connected()];
    const theirs = await other.mediasoup.createWorker();
    const ours = await one.mediasoup.createWorker();

    expect((await one.getStats()).workers).toMatchObject([{ pid: ours.pid }]);
    await closeWorker(ours);
    expect((await other.getStats()).workers).toMatchObject([{ pid: theirs.pid }]);
  });

  test('has all that the module has', async () => {
    const { mediasoup: given } = await connected();
    const keysOf = (object: object): string[] =>
      Object.keys(object).filter((key) => key !== 'default' && key !== 'module.exports');

    expect(keysOf(given).sort()).toEqual(keysOf(mediasoup).sort());
    expect((given as { default?: unknown }).default).toBe(given);
    expect(given.version).toBe(mediasoup.version);
    await expect(given.createWorker({ appData: 1 as never })).rejects.toThrow(
      new TypeError('if given, appData must be an object'),
    );
  });
});
