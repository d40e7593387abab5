import * as local from 'mediasoup';
import type { types } from 'mediasoup';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EventLog, nextEvent, until } from '../support/events.js';
import { workerProcesses } from '../support/useTarget.js';
import { AppProcess } from './support/AppProcess.js';
import { makeRoom, ObservedClient, type Room } from './support/clients.js';
import { exists, ObservedDaemon } from './support/ObservedDaemon.js';
import { RawClient } from './support/RawClient.js';

const quick = { minRedialDelay: 10, maxRedialDelay: 50 };

/** An application in a process of its own, with the pid of its worker. */
async function startApp(url: string, options = {}): Promise<{ app: AppProcess; worker: number }> {
  const app = await AppProcess.start('app.mjs', url, JSON.stringify(options));
  const worker = Number(app.lines.find((line) => line.startsWith('worker '))?.split(' ')[1]);

  expect(exists(worker)).toBe(true);

  return { app, worker };
}

describe('an application that', () => {
  test('is killed loses its worker when the resume window is over, and nobody else does', async () => {
    const daemon = await ObservedDaemon.start(['--resume-window', '0.5']);
    const [victim, other] = [await startApp(daemon.url), await startApp(daemon.url)];

    expect(daemon.workers.sort()).toEqual([victim.worker, other.worker].sort());
    victim.app.signal('SIGKILL');
    await until('its worker to go', () => !exists(victim.worker));
    other.app.tell('dump');
    await other.app.said('dumped');
    expect(daemon.workers).toEqual([other.worker]);
    other.app.tell('close');
    expect(await other.app.ended()).toBe(0);
    expect(other.app.lines).not.toContain('disconnected');
    await until('its worker to go', () => daemon.workers.length === 0);
    await daemon.endCleanly();
    expect(daemon.sessionsAtEnd).toBe(0);
  });

  test.each([
    ['closes its worker and exits in the same tick', 'exit', 0],
    ['just exits', 'exitOnly', 0],
    ['dies of an exception', 'throw', 1],
  ])('%s leaves no worker, and nobody waits for it to come back', async (_what, command, code) => {
    const daemon = await ObservedDaemon.start(['--resume-window', '86400']);
    const { app, worker } = await startApp(daemon.url);

    app.tell(command);
    expect(await app.ended()).toBe(code);
    await until('its worker to go', () => !exists(worker));
    await daemon.endCleanly();
    expect(daemon.sessionsAtEnd).toBe(0);
  });

  test('closes its client ends by itself', async () => {
    const daemon = await ObservedDaemon.start();
    const { app, worker } = await startApp(daemon.url);

    app.tell('close');
    expect(await app.ended()).toBe(0);
    expect(app.lines.slice(-2)).toEqual(['mediasoup undefined', 'close']);
    await until('its worker to go', () => !exists(worker));
  });

  test('hangs for less than the window finds everything as it was', async () => {
    const daemon = await ObservedDaemon.start();
    const { app, worker } = await startApp(daemon.url);

    app.signal('SIGSTOP');
    await until(
      'it to count as dead',
      () => daemon.logged('client disconnected').length > 0,
      20_000,
    );
    expect(exists(worker)).toBe(true);
    app.signal('SIGCONT');
    app.tell('dump');
    await app.said('dumped');
    expect(app.lines).not.toContain('died');
    expect(exists(worker)).toBe(true);
    app.tell('close');
    expect(await app.ended()).toBe(0);
  }, 90_000);

  test('hangs for longer loses its worker, is told so and goes on with another', async () => {
    const daemon = await ObservedDaemon.start(['--resume-window', '0.2']);
    const { app, worker } = await startApp(daemon.url, quick);

    app.signal('SIGSTOP');
    await until('its worker to go', () => !exists(worker), 20_000);
    app.signal('SIGCONT');
    await app.said('died');
    await until('a new session', () => app.lines.filter((line) => line === 'mediasoup').length > 1);
    app.tell('pid');
    await until('a new worker', () => daemon.workers.length === 1);
    app.tell('close');
    expect(await app.ended()).toBe(0);
    expect(app.lines.filter((line) => line === 'died')).toHaveLength(1);
  }, 90_000);

  test('sends megabytes in one tick stays connected', async () => {
    const daemon = await ObservedDaemon.start();
    const { app } = await startApp(daemon.url);

    app.tell('burst');
    app.tell('dump');
    await app.said('dumped');
    expect(app.lines).not.toContain('disconnected');
    app.tell('close');
    expect(await app.ended()).toBe(0);
  });
});

/** Everything that a room emits, in order. */
function watch({ worker, router, transport, producer, receiver, consumer }: Room): EventLog {
  const log = new EventLog();

  log.watch('worker', 'worker', worker, () =>
    [worker.closed && 'closed', worker.died && 'died', worker.subprocessClosed && 'ended']
      .filter(Boolean)
      .join(' '),
  );
  log.watch('router', 'router', router);
  log.watch('transport', 'plainTransport', transport);
  log.watch('producer', 'producer', producer);
  log.watch('receiver', 'directTransport', receiver);
  log.watch('consumer', 'consumer', consumer);

  return log;
}

/** What a room emits when its worker dies in local mediasoup. */
async function localDeath(): Promise<string[]> {
  const room = await makeRoom(local);
  const log = watch(room);
  const closed = nextEvent(room.worker.observer, 'close');

  process.kill(room.worker.pid, 'SIGKILL');
  await closed;

  return log.lines;
}

describe('a daemon that is killed', () => {
  test('leaves no worker; each worker dies once as in mediasoup; the client goes on with the next', async () => {
    const expected = await localDeath();
    const daemon = await ObservedDaemon.start();
    const observed = await ObservedClient.connect(daemon.url, quick);
    const { mediasoup, client, events, errors } = observed;
    const rooms = [await makeRoom(mediasoup), await makeRoom(mediasoup)];
    const logs = rooms.map(watch);
    const pending = rooms[0]!.worker.dump().catch((error: Error) => error);
    const workers = daemon.workers;

    await rooms[0]!.router.dump();
    expect(workers).toHaveLength(2);
    daemon.signal('SIGKILL');
    await Promise.all(rooms.map(({ worker }) => nextEvent(worker, 'died')));
    await until('its workers to go', () => !workers.some(exists));
    expect(workerProcesses()).toEqual([]);
    expect(logs.map(({ lines }) => lines)).toEqual([expected, expected]);
    expect(events).toEqual([
      'connected',
      'mediasoup',
      'disconnected',
      'error',
      'error',
      'mediasoup undefined',
    ]);
    expect(errors.map(({ name }) => name)).toEqual(['SessionLostError', 'SessionLostError']);
    expect(client.mediasoup).toBeUndefined();
    await pending;

    // What is called meanwhile waits.
    const creating = mediasoup.createWorker();
    const next = await ObservedDaemon.start([], { TUREEN_PORT: String(daemon.port) });

    await observed.saw('mediasoup', 2);
    expect(client.mediasoup).toBe(mediasoup);

    const worker = await creating;

    expect(next.workers).toEqual([worker.pid]);
    await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
    // The dead stay dead.
    expect(logs.map(({ lines }) => lines)).toEqual([expected, expected]);
    await expect(rooms[0]!.worker.dump()).rejects.toThrow(mediasoup.errors.WorkerClosedError);
    await observed.close();
    await next.endCleanly();
  });

  test('is survived by other clients’ daemons', async () => {
    const [one, other] = [await ObservedDaemon.start(), await ObservedDaemon.start()];
    const clients = [
      await ObservedClient.connect(one.url, quick),
      await ObservedClient.connect(other.url, quick),
    ];
    const rooms = await Promise.all(clients.map(({ mediasoup }) => makeRoom(mediasoup)));

    await one.kill();
    await clients[0]!.saw('mediasoup undefined');
    await expect(rooms[1]!.worker.dump()).resolves.toMatchObject({ pid: rooms[1]!.worker.pid });
    expect(clients[1]!.events).toEqual(['connected', 'mediasoup']);
  });

  test('rejects what waits for an answer, or lets it go on with the next', async () => {
    const daemon = await ObservedDaemon.start();
    const { mediasoup } = await ObservedClient.connect(daemon.url, quick);
    const { worker, router, transport } = await makeRoom(mediasoup);

    // Held back on their way, so that no answer can come.
    daemon.signal('SIGSTOP');

    const outcomes = Promise.allSettled([
      worker.dump(),
      worker.createRouter(),
      router.createDirectTransport(),
      transport.getStats(),
    ]);

    daemon.signal('SIGKILL');
    for (const result of await outcomes) {
      expect(result).toMatchObject({ status: 'rejected' });
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(
        mediasoup.errors.WorkerClosedError,
      );
    }
  });
});

describe('a daemon that hangs', () => {
  const impatient = { ...quick, pingInterval: 200, deadAfter: 2500, handshakeTimeout: 5000 };

  test('for less than the window is found as it was', async () => {
    const daemon = await ObservedDaemon.start(['--resume-window', '60']);
    const observed = await ObservedClient.connect(daemon.url, impatient);
    const { worker, router } = await makeRoom(observed.mediasoup);

    daemon.signal('SIGSTOP');
    await observed.saw('disconnected');
    expect(observed.client.mediasoup).toBe(observed.mediasoup);

    const dumping = router.dump();

    daemon.signal('SIGCONT');
    await observed.saw('connected', 2);
    await expect(dumping).resolves.toMatchObject({ id: router.id });
    expect(worker.closed).toBe(false);
    expect(
      observed.events.filter((name) => name !== 'connected' && name !== 'disconnected'),
    ).toEqual(['mediasoup']);
  });

  test('for longer has lost the session', async () => {
    const daemon = await ObservedDaemon.start(['--resume-window', '2']);
    const observed = await ObservedClient.connect(daemon.url, impatient);
    const { worker } = await makeRoom(observed.mediasoup);
    const died = nextEvent(worker, 'died');

    daemon.signal('SIGSTOP');
    await died;
    expect(observed.events.slice(-2)).toEqual(['error', 'mediasoup undefined']);
    daemon.signal('SIGCONT');
    await observed.saw('mediasoup', 2);
    await until('the old worker to go', () => !exists(worker.pid));
    await expect((await observed.mediasoup.createWorker()).dump()).resolves.toMatchObject({});
    expect(daemon.workers).toHaveLength(1);
  });

  test('is not what a client sees that hangs itself', async () => {
    const daemon = await ObservedDaemon.start();
    const observed = await ObservedClient.connect(daemon.url, {
      pingInterval: 50,
      deadAfter: 4000,
    });
    const { worker } = await makeRoom(observed.mediasoup);

    // Longer than it would wait for the daemon, which answers all the while.
    const end = performance.now() + 5000;

    while (performance.now() < end);
    await worker.dump();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await worker.dump();
    expect(observed.events).toEqual(['connected', 'mediasoup']);
  });
});

describe('a daemon that is told to end', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends every session and worker',
    async (signal) => {
      const daemon = await ObservedDaemon.start();
      const observed = await ObservedClient.connect(daemon.url, quick);
      const rooms = [await makeRoom(observed.mediasoup), await makeRoom(observed.mediasoup)];
      const died = rooms.map(({ worker }) => nextEvent(worker, 'died'));
      const workers = daemon.workers;
      const silent = await RawClient.connect(daemon.url);
      const detached = await RawClient.greet(daemon.url);

      await detached.call(0, 'createWorker', [{}], 1);
      detached.drop();
      await until('that it noticed', () => daemon.logged('client disconnected').length > 0);
      daemon.signal(signal);
      expect(await daemon.ended()).toEqual({ code: 0, signal: null });
      expect(workers.filter(exists)).toEqual([]);
      expect(workerProcesses()).toEqual([]);
      await Promise.all(died);
      await observed.saw('mediasoup undefined');
      await silent.closedByServer();
    },
  );

  test('while workers are being created ends all the same, at once', async () => {
    const daemon = await ObservedDaemon.start();
    const client = await RawClient.greet(daemon.url);

    for (let handle = 1; handle <= 5; handle += 1) {
      client.beginCall(0, 'createWorker', [{}], handle);
    }
    await until('a worker process', () => daemon.workers.length > 0);
    daemon.signal('SIGTERM');
    expect(await daemon.ended(), daemon.stderr).toEqual({ code: 0, signal: null });
    expect(workerProcesses()).toEqual([]);
  });

  test('and whose worker hangs ends at a second signal', async () => {
    const daemon = await ObservedDaemon.start();
    const { worker } = await makeRoom((await ObservedClient.connect(daemon.url)).mediasoup);
    const hanging = worker.pid;

    process.kill(hanging, 'SIGSTOP');
    onTestFinished(() => {
      if (exists(hanging)) process.kill(hanging, 'SIGKILL');
    });
    daemon.signal('SIGTERM');
    await until('that it heard', () => daemon.logged('ending').length > 0);
    expect(daemon.hasEnded).toBe(false);
    daemon.signal('SIGTERM');
    expect(await daemon.ended()).toMatchObject({ code: 1 });
    await until('the worker to go', () => !exists(hanging));
  });

  test('and whose worker hangs does not wait for it for ever, nor leave it behind', async () => {
    const daemon = await ObservedDaemon.start();
    const { worker } = await makeRoom((await ObservedClient.connect(daemon.url)).mediasoup);
    const hanging = worker.pid;

    process.kill(hanging, 'SIGSTOP');
    onTestFinished(() => {
      if (exists(hanging)) process.kill(hanging, 'SIGKILL');
    });
    daemon.signal('SIGTERM');
    await daemon.ended();
    await until('the worker to go', () => !exists(hanging));
  }, 90_000);
});

describe('a worker that is killed', () => {
  test('dies in its application, and only there', async () => {
    const expected = await localDeath();
    const daemon = await ObservedDaemon.start();
    const observed = await ObservedClient.connect(daemon.url);
    const rooms = [await makeRoom(observed.mediasoup), await makeRoom(observed.mediasoup)];
    const logs = rooms.map(watch);
    const closed = nextEvent(rooms[0]!.worker.observer, 'close');

    process.kill(rooms[0]!.worker.pid, 'SIGKILL');
    await closed;
    expect(logs.map(({ lines }) => lines)).toEqual([expected, []]);
    await expect(rooms[1]!.worker.dump()).resolves.toMatchObject({});
    await observed.saw('error');
    expect(observed.errors[0]?.message).toMatch(/SIGKILL/);
    expect(observed.events).toEqual(['connected', 'mediasoup', 'error']);
  });

  test('is the application’s own business with listenWorkerDied: false', async () => {
    const daemon = await ObservedDaemon.start();
    const observed = await ObservedClient.connect(daemon.url, { listenWorkerDied: false });
    const worker: types.Worker = await observed.mediasoup.createWorker();
    const closed = nextEvent(worker.observer, 'close');

    process.kill(worker.pid, 'SIGKILL');
    await closed;
    await observed.client.getStats();
    expect(observed.errors).toEqual([]);
  });
});
