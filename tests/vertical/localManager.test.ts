import { once } from 'node:events';
import { localManager, type LocalManagerOptions, type Manager } from '@tureen/vertical';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { nextEvent, until } from '../support/events.js';
import { closeWorker, workerProcesses } from '../support/useTarget.js';

const [CONNECTING, CLOSING, CLOSED, CONNECTED] = [0, 2, 3, 4];

type Connected = Manager & { mediasoup: NonNullable<Manager['mediasoup']> };

/** The same life as that of the Manager of a remote mediasoup. */
describe('the Manager of a mediasoup in this process', () => {
  afterAll(async () => {
    await until('all workers have gone', () => workerProcesses().length === 0);
  });

  /** One that is closed when the test is over. */
  function create(options?: LocalManagerOptions): Manager {
    const manager = localManager(mediasoup, options);

    onTestFinished(() => manager.close());

    return manager;
  }

  async function connected(options?: LocalManagerOptions): Promise<Connected> {
    const manager = create(options);

    await once(manager, 'mediasoup');

    return manager as Connected;
  }

  function logOf(manager: Manager): string[] {
    const log: string[] = [];
    const state = (): string =>
      `state ${manager.readyState}, ${manager.mediasoup ? 'with' : 'without'} mediasoup`;

    for (const event of ['connected', 'disconnected', 'mediasoup', 'close'] as const) {
      manager.on(event, () => log.push(`${event}: ${state()}`));
    }
    manager.on('error', ({ message }) => log.push(`error "${message}": ${state()}`));

    return log;
  }

  async function kill(worker: types.Worker): Promise<void> {
    const gone = nextEvent(worker, 'subprocessclose');

    process.kill(worker.pid, 'SIGKILL');
    await gone;
  }

  test('connects, gives mediasoup, and closes with all below it', async () => {
    const manager = create();
    const log = logOf(manager);

    expect([manager.readyState, manager.mediasoup]).toEqual([CONNECTING, undefined]);
    await once(manager, 'mediasoup');

    const worker = await manager.mediasoup!.createWorker();
    const router = await worker.createRouter();

    expect(manager.readyState).toBe(CONNECTED);
    manager.close();
    expect(manager.readyState).toBe(CLOSING);
    expect([manager.mediasoup, worker.closed, router.closed]).toEqual([undefined, true, true]);
    manager.close();
    manager.destroy();
    await once(manager, 'close');
    expect(manager.readyState).toBe(CLOSED);
    manager.close();
    expect(log).toEqual([
      'connected: state 4, with mediasoup',
      'mediasoup: state 4, with mediasoup',
      'mediasoup: state 2, without mediasoup',
      'close: state 3, without mediasoup',
    ]);
  });

  test('closed before it is connected, it never gives mediasoup', async () => {
    const manager = create();
    const log = logOf(manager);

    manager.close();
    await once(manager, 'close');
    await connected();
    expect(log).toEqual(['close: state 3, without mediasoup']);
  });

  test('can be opened again, and the mediasoup that the app kept works again', async () => {
    const manager = await connected();
    const { mediasoup: kept } = manager;
    const closed = once(manager, 'close');

    manager.close();
    await closed;
    await expect(kept.createWorker()).rejects.toMatchObject({ name: 'ManagerClosedError' });
    await expect(manager.getStats()).rejects.toMatchObject({ name: 'ManagerClosedError' });
    manager.open();
    manager.open();
    await once(manager, 'mediasoup');
    expect(manager.mediasoup).toBe(kept);

    const worker = await kept.createWorker();

    expect((await manager.getStats()).workers).toMatchObject([{ pid: worker.pid }]);
    await closeWorker(worker);
  });

  test('can be opened again in the tick in which it closes', async () => {
    const manager = await connected();
    const log = logOf(manager);

    manager.close();
    manager.open();
    await once(manager, 'mediasoup');
    expect(log).toEqual([
      'mediasoup: state 2, without mediasoup',
      'close: state 0, without mediasoup',
      'connected: state 4, with mediasoup',
      'mediasoup: state 4, with mediasoup',
    ]);
  });

  test('a worker that starts while it closes is closed too', async () => {
    const manager = await connected();
    const starting = manager.mediasoup.createWorker();

    manager.close();
    await expect(starting).rejects.toMatchObject({ name: 'ManagerClosedError' });
  });

  test('a worker that dies is its error too, after the worker has said it', async () => {
    const manager = await connected();
    const log = logOf(manager);
    const worker = await manager.mediasoup.createWorker();

    worker.on('died', () => log.push('died'));
    await kill(worker);
    await until('the error', () => log.length > 1);
    expect(log).toEqual([
      'died',
      expect.stringMatching(/^error "\[pid:\d+, code:null, signal:SIGKILL\]": state 4, with/),
    ]);
  });

  test('unless that is not wanted, or nobody listens to errors', async () => {
    const unwanted = await connected({ listenWorkerDied: false });
    const log = logOf(unwanted);

    await kill(await unwanted.mediasoup.createWorker());

    const unheard = await connected();

    await kill(await unheard.mediasoup.createWorker());
    expect(log).toEqual([]);
    expect(unheard.readyState).toBe(CONNECTED);
  });

  test('tells of its own workers only, closes and counts only those', async () => {
    const [one, other] = [await connected(), await connected()];
    const told: types.Worker[] = [];

    one.mediasoup.observer.on('newworker', (worker) => told.push(worker));

    const theirs = await other.mediasoup.createWorker();
    const ours = await one.mediasoup.createWorker();

    expect(told).toEqual([ours]);
    expect((await one.getStats()).workers).toMatchObject([{ pid: ours.pid }]);
    one.close();
    expect([ours.closed, theirs.closed]).toEqual([true, false]);
    await theirs.dump();
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

  test('what a listener throws is the application’s, and it goes on', async () => {
    const manager = create();
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    const listeners = process.listeners('uncaughtException').slice(0, -1);

    // vitest's own would fail the run.
    listeners.forEach((listener) => process.off('uncaughtException', listener));
    manager.once('connected', () => {
      throw new Error('of the application');
    });
    expect(await thrown).toMatchObject({ message: 'of the application' });
    listeners.forEach((listener) => process.on('uncaughtException', listener));
    await closeWorker(await manager.mediasoup!.createWorker());
  });
});
