import { once } from 'node:events';
import {
  RemoteMediasoupClient,
  type Manager,
  type Mediasoup,
  type RemoteMediasoupClientOptions,
} from '@tureen/remote-client';
import { RemoteMediasoupClientMock } from '@tureen/remote-client/mock';
import { localManager } from '@tureen/vertical';
import * as localMediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Daemon } from '../support/Daemon.js';
import { nextEvent, until } from '../support/events.js';
import { closeWorker, noWorkersLeft, workerProcesses } from '../support/useTarget.js';

type Options = RemoteMediasoupClientOptions;
type Url = string | URL | readonly string[];

interface Kind {
  name: string;
  make(url?: Url, options?: Options): Manager;
  /** What using it rejects with when it is closed. */
  closedError: string;
  connects: boolean;
}

const [CONNECTING, CLOSING, CLOSED, CONNECTED] = [0, 2, 3, 4];

const kinds: Kind[] = [
  {
    name: 'RemoteMediasoupClient',
    make: (url, options) => new RemoteMediasoupClient(url, options),
    closedError: 'ClientClosedError',
    connects: true,
  },
  {
    name: 'RemoteMediasoupClientMock',
    make: (url, options) => new RemoteMediasoupClientMock(url, options),
    closedError: 'ClientClosedError',
    connects: true,
  },
  {
    name: 'localManager()',
    make: (_, options) => localManager(localMediasoup, options),
    closedError: 'ManagerClosedError',
    connects: false,
  },
];

/** The life of whatever gives mediasoup: the same whatever is behind it. */
describe.each(kinds)('the life of a $name', ({ make, closedError }) => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await Daemon.start();
  });

  afterAll(async () => {
    await daemon.stop();
    await noWorkersLeft();
  });

  /** One that is closed when the test is over. */
  function create(url: Url | undefined = daemon.url, options?: Options): Manager {
    const manager = make(url, options);

    onTestFinished(async () => {
      if (manager.readyState !== CLOSED) {
        const closed = new Promise<void>((resolve) => manager.once('close', () => resolve()));

        manager.close();
        await closed;
      }
    });

    return manager;
  }

  async function connected(options?: Options): Promise<Manager & { mediasoup: Mediasoup }> {
    const manager = create(daemon.url, options);

    await once(manager, 'mediasoup');

    return manager as Manager & { mediasoup: Mediasoup };
  }

  /** What happens to it, in order. */
  function logOf(manager: Manager): string[] {
    const log: string[] = [];
    const state = (): string =>
      `state ${manager.readyState}, ${manager.mediasoup ? 'with' : 'without'} mediasoup`;

    for (const event of ['connected', 'disconnected', 'close'] as const) {
      manager.on(event, () => log.push(`${event}: ${state()}`));
    }
    manager.on('mediasoup', (mediasoup) => {
      expect(mediasoup).toBe(manager.mediasoup);
      log.push(`mediasoup: ${state()}`);
    });
    manager.on('error', ({ message }) => log.push(`error "${message}": ${state()}`));

    return log;
  }

  test('it connects, gives mediasoup, and closes with all below it', async () => {
    const manager = create();
    const log = logOf(manager);

    expect(manager.readyState).toBe(CONNECTING);
    expect(manager.mediasoup).toBe(undefined);
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
    await until('the worker has gone', () => workerProcesses().length === 0);
  });

  test('destroy() can be handed on by itself', async () => {
    const manager = await connected();
    const destroy = manager.destroy.bind(manager);
    const closed = once(manager, 'close');

    destroy();
    await closed;
    expect(manager.readyState).toBe(CLOSED);
  });

  test('closed before it is connected, it never gives mediasoup', async () => {
    const manager = create();
    const log = logOf(manager);

    manager.close();
    await once(manager, 'close');
    // Whatever the attempt has led to has come by now.
    await connected();
    expect(log).toEqual(['close: state 3, without mediasoup']);
  });

  test('it can be opened again, and the mediasoup that the app kept works again', async () => {
    const manager = await connected();
    const { mediasoup } = manager;
    const closed = once(manager, 'close');

    manager.close();
    await closed;
    await expect(mediasoup.createWorker()).rejects.toMatchObject({ name: closedError });
    await expect(manager.getStats()).rejects.toMatchObject({ name: closedError });
    manager.open();
    manager.open();
    await once(manager, 'mediasoup');
    expect(manager.mediasoup).toBe(mediasoup);
    await closeWorker(await mediasoup.createWorker());
  });

  test('it can be opened again in the tick in which it closes', async () => {
    const manager = await connected();
    const log = logOf(manager);

    manager.close();
    manager.open(daemon.url);
    expect(manager.readyState).toBe(CONNECTING);
    await once(manager, 'close');
    await once(manager, 'mediasoup');
    expect(log).toEqual([
      'mediasoup: state 2, without mediasoup',
      'close: state 0, without mediasoup',
      'connected: state 4, with mediasoup',
      'mediasoup: state 4, with mediasoup',
    ]);
  });

  test('a worker that dies is an error of its manager too, after the worker has said it', async () => {
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

  test('it tells of its own workers only, and closes only those', async () => {
    const [one, other] = [await connected(), await connected()];
    const told: types.Worker[] = [];

    one.mediasoup.observer.on('newworker', (worker) => told.push(worker));

    const theirs = await other.mediasoup.createWorker();
    const ours = await one.mediasoup.createWorker();

    expect(told).toEqual([ours]);
    one.close();
    expect([ours.closed, theirs.closed]).toEqual([true, false]);
    await theirs.dump();
    await closeWorker(theirs);
  });

  test('it tells the usage of the host', async () => {
    const manager = await connected();

    expect(await manager.getStats()).toMatchObject({
      os: {
        cpus: expect.any(Number),
        loadavg: [expect.any(Number), expect.any(Number), expect.any(Number)],
        totalmem: expect.any(Number),
        uptime: expect.any(Number),
        cpuTimes: { busy: expect.any(Number), total: expect.any(Number) },
      },
      process: {
        cpuUsage: { user: expect.any(Number), system: expect.any(Number) },
        memoryUsage: { rss: expect.any(Number) },
        uptime: expect.any(Number),
      },
    });
  });

  test('what a listener throws is the application’s, and the manager goes on', async () => {
    const manager = create();
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    const listeners = process.listeners('uncaughtException').slice(0, -1);

    // vitest's own would fail the run.
    listeners.forEach((listener) => process.off('uncaughtException', listener));
    manager.once('mediasoup', () => {
      throw new Error('of the application');
    });
    expect(await thrown).toMatchObject({ message: 'of the application' });
    listeners.forEach((listener) => process.on('uncaughtException', listener));
    expect(manager.readyState).toBe(CONNECTED);
    await closeWorker(await manager.mediasoup!.createWorker());
  });
});

test.each(kinds.filter(({ connects }) => connects))(
  'a $name refuses at once a URL that cannot be one of a server',
  ({ make }) => {
    for (const url of ['', 'nowhere', 'http://127.0.0.1', 'ws://user:pass@127.0.0.1', []]) {
      expect(() => make(url)).toThrow(TypeError);
    }
    expect(() => make().open()).toThrow(new TypeError('no URL to connect to'));
    expect(make().readyState).toBe(CLOSED);
    expect(() => make('ws://127.0.0.1:4600', { token: 'two words' })).toThrow(TypeError);
  },
);

async function kill(worker: types.Worker): Promise<void> {
  const gone = nextEvent(worker, 'subprocessclose');

  process.kill(worker.pid, 'SIGKILL');
  await gone;
}
