import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { MemoryLink } from '@tureen/protocol';
import { ClientClosedError, RemoteMediasoupClient } from '@tureen/remote-client';
import { RemoteServer } from '@tureen/remote-server';
import * as local from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { nextEvent, until } from '../support/events.js';
import { TcpProxy } from '../support/TcpProxy.js';
import { closeWorker, workerProcesses } from '../support/useTarget.js';
import { makeRoom, ObservedClient } from './support/clients.js';
import { exists, ObservedDaemon } from './support/ObservedDaemon.js';
import { sessionsLeft } from './support/sessionsLeft.js';

let daemon: ObservedDaemon;

beforeAll(async () => {
  daemon = await ObservedDaemon.startForFile([
    ...['--log-level', 'info', '--resume-window', '5', '--health-port', '0'],
  ]);
});

afterAll(async () => {
  await until('all workers to go', () => daemon.workers.length === 0);
  await sessionsLeft(daemon, 0);
  await daemon.endCleanly();
  expect(daemon.sessionsAtEnd).toBe(0);
});

/** How each promise was settled; those that never are let the test fail by its time. */
async function settled(promises: Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(promises);

  return results.map((result) =>
    result.status === 'fulfilled' ? 'fulfilled' : (result.reason as Error).name,
  );
}

describe('close()', () => {
  test('of a client that was never opened does nothing', () => {
    const { client, events } = new ObservedClient();

    client.close();
    client.destroy();
    expect(events).toEqual([]);
    expect(client.readyState).toBe(RemoteMediasoupClient.CLOSED);
  });

  test('in the tick of its construction', async () => {
    const observed = new ObservedClient(daemon.url);
    const stats = observed.client.getStats();
    const outcome = expect(stats).rejects.toThrow(ClientClosedError);

    observed.client.close();
    expect(observed.client.readyState).toBe(RemoteMediasoupClient.CLOSING);
    await outcome;
    await observed.saw('close');
    expect(observed.events).toEqual(['close']);
  });

  test('while the daemon does not answer', async () => {
    const server = createServer().listen(0, '127.0.0.1');

    await once(server, 'listening');

    const observed = new ObservedClient(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [socket] = (await once(server, 'connection')) as [Socket];
    const gone = once(socket.resume(), 'close');

    observed.client.close();
    await gone;
    await observed.saw('close');
    expect(observed.events).toEqual(['close']);
    server.close();
    await once(server, 'close');
  });

  test('while it waits to try again', async () => {
    const port = daemon.port;
    const gone = await ObservedDaemon.start();

    expect(gone.port).not.toBe(port);
    await gone.endCleanly();

    const observed = new ObservedClient(gone.url, {
      minRedialDelay: 60_000,
      maxRedialDelay: 60_000,
    });

    await observed.saw('error');

    const creating = observed.client.getStats();
    const outcome = expect(creating).rejects.toThrow(ClientClosedError);

    observed.client.close();
    await outcome;
    await observed.saw('close');
    expect(observed.events).toEqual(['error', 'close']);
  });

  test('at each step of connecting', async () => {
    for (let steps = 0; steps < 40; steps += 1) {
      const observed = new ObservedClient(daemon.url);

      for (let step = 0; step < steps; step += 1) await new Promise(setImmediate);
      observed.client.close();
      observed.client.close();
      await observed.saw('close');
      expect(observed.count('close')).toBe(1);
      expect(observed.count('mediasoup')).toBe(observed.count('mediasoup undefined'));
      expect(observed.errors).toEqual([]);
    }
  });

  test('settles all that waits, closes everything, and tells everybody once', async () => {
    const observed = await ObservedClient.connect(daemon.url);
    const { mediasoup, client } = observed;
    const { worker, router, transport, producer, consumer } = await makeRoom(mediasoup);
    const order: string[] = [];
    const waiting = [
      worker.dump(),
      worker.createRouter(),
      router.createDirectTransport(),
      transport.getStats(),
      producer.pause(),
      mediasoup.createWorker(),
      client.getStats(),
    ];
    const outcome = settled(waiting);

    worker.observer.on('close', () => order.push('worker'));
    router.on('workerclose', () => order.push('router'));
    transport.on('routerclose', () => order.push('transport'));
    producer.on('transportclose', () => order.push('producer'));
    consumer.on('transportclose', () => order.push('consumer'));
    worker.on('died', () => order.push('died'));
    worker.on('subprocessclose', () => order.push('subprocessclose'));
    client.close();
    // All of it has happened when close() returns.
    expect(order).toEqual([
      'producer',
      'transport',
      'consumer',
      'router',
      'worker',
      'subprocessclose',
    ]);
    expect([worker.closed, worker.subprocessClosed, worker.died]).toEqual([true, true, false]);
    expect(client.mediasoup).toBeUndefined();
    client.close();
    client.destroy();
    expect(await outcome).toEqual([
      ...Array<string>(5).fill('WorkerClosedError'),
      ...Array<string>(2).fill('SessionLostError'),
    ]);
    await observed.saw('close');
    expect(observed.events).toEqual(['connected', 'mediasoup', 'mediasoup undefined', 'close']);
    await until('its workers to go', () => !exists(worker.pid));
    await expect(mediasoup.createWorker()).rejects.toThrow(ClientClosedError);
    await expect(client.getStats()).rejects.toThrow(ClientClosedError);
  });

  test('tells that workers have gone that were closed before', async () => {
    const { mediasoup, client } = await ObservedClient.connect(daemon.url);
    const worker = await mediasoup.createWorker();
    const gone = nextEvent<types.WorkerEvents, 'subprocessclose'>(worker, 'subprocessclose');

    worker.close();
    client.close();
    await gone;
    expect(worker.subprocessClosed).toBe(true);
  });

  test('may be called by any of the client’s own listeners', async () => {
    for (const event of ['connected', 'mediasoup'] as const) {
      const observed = new ObservedClient(daemon.url);

      observed.client.once(event, () => observed.client.close());
      await observed.saw('close');
      expect(observed.client.readyState).toBe(RemoteMediasoupClient.CLOSED);
      expect(observed.errors).toEqual([]);
    }
  });

  test('may be called by a listener of a worker that dies with the session', async () => {
    const own = await ObservedDaemon.start();
    const observed = await ObservedClient.connect(own.url);
    const rooms = [await makeRoom(observed.mediasoup), await makeRoom(observed.mediasoup)];
    const died: number[] = [];

    rooms.forEach(({ worker }, index) =>
      worker.on('died', () => {
        died.push(index);
        observed.client.close();
      }),
    );
    await own.kill();
    await observed.saw('close');
    expect(died).toEqual([0, 1]);
    expect(observed.count('close')).toBe(1);
    expect(observed.client.readyState).toBe(RemoteMediasoupClient.CLOSED);
  });

  test('may be followed by open(), at once or later', async () => {
    const observed = await ObservedClient.connect(daemon.url);
    const { client, mediasoup } = observed;

    client.close();
    client.open();
    await observed.saw('mediasoup', 2);
    await observed.saw('close');
    expect(client.readyState).toBe(RemoteMediasoupClient.CONNECTED);
    expect(client.mediasoup).toBe(mediasoup);
    await closeWorker(await mediasoup.createWorker());
    await observed.close();
    client.open();
    await observed.saw('mediasoup', 3);
    await closeWorker(await mediasoup.createWorker());
  });

  test('while disconnected ends the session there, too, when its window is over', async () => {
    const own = await ObservedDaemon.start(['--resume-window', '1']);
    const way = await TcpProxy.start(own.url);
    const observed = await ObservedClient.connect(way.url);
    const { worker } = await makeRoom(observed.mediasoup);

    onTestFinished(() => way.close());
    way.refuse(true);
    way.cut();
    await observed.saw('disconnected');
    observed.client.close();
    expect(worker.closed).toBe(true);
    await until('its worker to go', () => !exists(worker.pid));
  });
});

describe('a worker that was being closed when its session was lost', () => {
  test('has gone', async () => {
    const own = await ObservedDaemon.start();
    const { mediasoup } = await ObservedClient.connect(own.url);
    const worker = await mediasoup.createWorker();
    const gone = nextEvent<types.WorkerEvents, 'subprocessclose'>(worker, 'subprocessclose');

    own.signal('SIGSTOP');
    worker.close();
    await own.kill();
    await gone;
    expect([worker.closed, worker.died, worker.subprocessClosed]).toEqual([true, false, true]);
  });
});

describe('timeouts', () => {
  /** A client on a link of which the test holds the server's end. */
  async function connectByMemory(requestTimeout: number) {
    const server = new RemoteServer({ mediasoup: local });
    const links: MemoryLink[] = [];
    const observed = new ObservedClient(undefined, {
      requestTimeout,
      dial: async () => {
        const [ours, theirs] = MemoryLink.pair();

        links.push(theirs);
        server.accept(theirs);

        return ours;
      },
    });

    onTestFinished(async () => {
      await observed.close();
      await server.close();
      expect(server.sessions).toBe(0);
      expect(workerProcesses()).toEqual([]);
    });
    await observed.saw('mediasoup');

    return { client: observed.client, link: () => links.at(-1)!, server };
  }

  test('reject the call and close nothing; what comes too late is closed again', async () => {
    // As long as a worker may take to start.
    const { client, link } = await connectByMemory(5000);
    const worker = await client.mediasoup!.createWorker();
    const announced: unknown[] = [];

    client.mediasoup!.observer.on('newworker', (each) => announced.push(each));

    const fence = link().fence();
    const outcome = await settled([worker.dump(), client.mediasoup!.createWorker()]);

    expect(outcome).toEqual(['RequestTimeoutError', 'RequestTimeoutError']);
    await until('the worker that nobody has', () => workerProcesses().length === 2);
    fence.release();
    await until('it to be closed', () => workerProcesses().length === 1);
    expect(announced).toEqual([]);
    expect(worker.closed).toBe(false);
    await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
  });
});
