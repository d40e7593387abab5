import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoUpstreamError } from '@tureen/remote-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { exists, ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { failure } from '../security/support/attempts.js';
import { until } from '../support/events.js';
import { mediaCodecs } from '../support/media.js';
import {
  flowing,
  openRoom,
  readiness,
  startAbove,
  startThrough,
  type Room,
} from './support/levels.js';

/** No worker is to be found where a proxy looks for one. */
const noWorkerBin = { MEDIASOUP_WORKER_BIN: '/nonexistent/worker' };

describe('a proxy', () => {
  test('passes media through without a worker of its own', async () => {
    const upstream = await ObservedDaemon.start();
    const proxy = await startAbove([upstream.url], [], noWorkerBin);
    const { client, mediasoup } = await ObservedClient.connect(proxy.url);
    const room = await openRoom(mediasoup);

    expect(mediasoup.version).toBe('3.27.1');
    expect(proxy.workers).toEqual([]);
    expect(upstream.workers).toEqual([room.worker.pid]);
    await flowing(room);
    await expect(readiness(proxy)).resolves.toEqual([200, 'ok\n']);
    // Those of where the media is.
    await expect(client.getStats()).resolves.toMatchObject({
      draining: false,
      host: { id: expect.any(String) },
      workers: [{ pid: room.worker.pid, memory: expect.any(Number) }],
    });
  });

  test('keeps its clients apart, and closes what one has that ends', async () => {
    const upstream = await ObservedDaemon.start();
    const proxy = await startAbove([upstream.url]);
    const one = await ObservedClient.connect(proxy.url);
    const other = await ObservedClient.connect(proxy.url);
    const first = await openRoom(one.mediasoup);
    const second = await openRoom(other.mediasoup, 6666);

    await one.close();
    await until('its worker to go', () => !exists(first.worker.pid));
    await flowing(second);
    expect(upstream.workers).toEqual([second.worker.pid]);
    expect(second.worker.closed).toBe(false);
  });

  test('passes on to a client what its workers log, and only that', async () => {
    const upstream = await ObservedDaemon.start();
    const proxy = await startAbove([upstream.url]);
    const logs: [string, string][] = [];
    const connect = (name: string) =>
      ObservedClient.connect(proxy.url, {
        onWorkerLog: (_worker, { text }) => logs.push([name, text]),
      });
    const [one, other] = [await connect('one'), await connect('other')];
    const worker = await one.mediasoup.createWorker({ logLevel: 'debug', logTags: ['info'] });

    await other.mediasoup.createWorker({ logLevel: 'none' });

    const router = await worker.createRouter({ mediaCodecs });

    // Tells of the sizes of socket buffers.
    await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
    await until('a line', () => logs.length > 0);
    expect(new Set(logs.map(([name]) => name))).toEqual(new Set(['one']));
    expect(logs[0]?.[1]).toContain(`[pid:${worker.pid}]`);
  });

  test('lets nobody in whom it does not know, whatever the upstream thinks', async () => {
    const upstream = await ObservedDaemon.start();
    const proxy = await startAbove([upstream.url], ['--token-file', fileWith('sesame')]);

    await expect(failure(proxy.url, { token: 'wrong' })).resolves.toMatchObject({
      name: 'AuthenticationError',
    });
    await ObservedClient.connect(proxy.url, { token: 'sesame' });
  });

  test('and its upstream both ask for what is dangerous to be allowed', async () => {
    const workerBin = '/usr/bin/false';
    const upstream = await ObservedDaemon.start();
    const strict = await startAbove([upstream.url]);
    const lenient = await startAbove([upstream.url], ['--allow-worker-bin', workerBin]);

    for (const proxy of [strict, lenient]) {
      const { mediasoup } = await ObservedClient.connect(proxy.url);

      await expect(mediasoup.createWorker({ workerBin })).rejects.toMatchObject({
        name: 'SettingRefusedError',
      });
    }
    expect(upstream.workers).toEqual([]);
  });
});

describe('without its upstream a proxy', () => {
  test('does not listen, and says what it waits for', async () => {
    const upstream = await ObservedDaemon.start();
    const way = await startThrough(upstream.url);

    way.refuse(true);

    const proxy = ObservedDaemon.begin(['--upstream', way.url, '--health-port', '0']);

    await until('an attempt', () => proxy.logged('upstream cannot be used; trying again').length);

    const health = String(proxy.logged('waiting for an upstream')[0]?.['health']);

    expect((await fetch(`${health}/livez`)).status).toBe(200);

    const ready = await fetch(`${health}/readyz`);

    expect([ready.status, await ready.text()]).toEqual([503, 'no upstream\n']);
    expect((await fetch(`${health}/topology`)).status).toBe(503);
    expect(proxy.url).toBe('');

    way.refuse(false);
    await until('it to listen', () => proxy.url);
    // One outage is one line.
    expect(proxy.logged('upstream cannot be used; trying again')).toHaveLength(1);
    await ObservedClient.connect(proxy.url);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends at once on %s', async (signal) => {
    const proxy = ObservedDaemon.begin(['--upstream', 'ws://127.0.0.1:1']);

    await until('it to wait', () => proxy.logged('waiting for an upstream').length);
    proxy.signal(signal);
    await expect(proxy.ended()).resolves.toEqual({ code: 0, signal: null });
  });

  test('waits until it is let in', async () => {
    const upstream = await ObservedDaemon.start(['--token-file', fileWith('sesame')]);
    const tokenFile = fileWith('wrong');
    const proxy = ObservedDaemon.begin([
      ...['--upstream', upstream.url, '--upstream-token-file', tokenFile],
    ]);

    await until('a refusal', () => proxy.stderr.includes('refused the token'));
    expect(proxy.url).toBe('');
    writeFileSync(tokenFile, 'sesame\n');
    await until('it to listen', () => proxy.url);
    expect(proxy.stderr + upstream.stderr).not.toContain('sesame');
  });
});

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tureen-stacking-'));
  const file = join(folder, 'content');

  writeFileSync(file, `${content}\n`);
  onTestFinished(() => rmSync(folder, { recursive: true }));

  return file;
}

describe('when its upstream', () => {
  test('is killed, its workers die once for each client; when it is back, all goes on', async () => {
    const upstream = await ObservedDaemon.start();
    const { port } = upstream;
    const proxy = await startAbove([upstream.url]);
    const clients = [
      await ObservedClient.connect(proxy.url),
      await ObservedClient.connect(proxy.url),
    ];
    const rooms: Room[] = [];
    const deaths: string[] = [];

    for (const [index, { mediasoup }] of clients.entries()) {
      const room = await openRoom(mediasoup, 1000 + index);

      room.worker.on('died', () => deaths.push(`worker ${index} died`));
      room.consumer.on('transportclose', () => deaths.push(`consumer ${index} closed`));
      rooms.push(room);
    }
    await upstream.kill();
    await until('all to die', () => rooms.every(({ worker }) => worker.subprocessClosed));
    expect(deaths.sort()).toEqual([
      ...['consumer 0 closed', 'consumer 1 closed', 'worker 0 died', 'worker 1 died'],
    ]);
    // For the client the server is well: another worker is all that it needs.
    expect(clients[0]!.events).toEqual(['connected', 'mediasoup', 'error']);
    await expect(readiness(proxy)).resolves.toEqual([503, 'no upstream\n']);
    await expect(clients[0]!.mediasoup.createWorker()).rejects.toBeInstanceOf(NoUpstreamError);
    await expect(clients[0]!.client.getStats()).rejects.toBeInstanceOf(NoUpstreamError);

    await ObservedDaemon.start([], { TUREEN_PORT: String(port) });
    await until('the proxy to be ready', async () => (await readiness(proxy))[0] === 200);
    await flowing(await openRoom(clients[0]!.mediasoup, 7777));
  });

  test('hangs for less than the window, nothing is lost and media flows', async () => {
    const upstream = await ObservedDaemon.start();
    const proxy = await startAbove([upstream.url]);
    const { client, mediasoup, events } = await ObservedClient.connect(proxy.url, {
      requestTimeout: 0,
    });
    const room = await openRoom(mediasoup);

    upstream.signal('SIGSTOP');
    onTestFinished(() => upstream.signal('SIGCONT'));

    const made = room.worker.createRouter({ mediaCodecs });

    await until(
      'the proxy to notice',
      () => proxy.logged('upstream disconnected; trying again').length,
      15_000,
    );
    await flowing(room);
    await expect(readiness(proxy)).resolves.toEqual([503, 'no upstream\n']);
    upstream.signal('SIGCONT');
    await expect(made).resolves.toMatchObject({ closed: false });
    await expect(client.getStats()).resolves.toMatchObject({ draining: false });
    expect(events).toEqual(['connected', 'mediasoup']);
    expect(room.worker.closed).toBe(false);
  }, 90_000);

  test('drains, the proxy takes no new work and goes on with what it has', async () => {
    const upstream = await ObservedDaemon.start(['--drain-timeout', '60']);
    const proxy = await startAbove([upstream.url]);
    const { mediasoup } = await ObservedClient.connect(proxy.url);
    const room = await openRoom(mediasoup);

    upstream.signal('SIGTERM');
    await until('draining', () => upstream.logged('draining').length === 1);
    await expect(readiness(proxy)).resolves.toEqual([503, 'upstream is draining\n']);
    await expect(mediasoup.createWorker()).rejects.toMatchObject({ name: 'DrainingError' });
    await flowing(room);
    room.worker.close();
    await expect(upstream.ended()).resolves.toEqual({ code: 0, signal: null });
  });
});

describe('when a connection breaks', () => {
  test.each(['above the proxy', 'below it', 'above and below'])(
    '%s, the session goes on',
    async (where) => {
      const upstream = await ObservedDaemon.start();
      const below = await startThrough(upstream.url);
      const proxy = await startAbove([below.url]);
      const above = await startThrough(proxy.url);
      const { mediasoup } = await ObservedClient.connect(above.url);
      const room = await openRoom(mediasoup);

      for (let round = 0; round < 5; round += 1) {
        const made = room.worker.createRouter({ mediaCodecs });

        (where === 'below it' ? [below] : [above]).forEach((way) => way.cut());
        if (where === 'above and below') {
          below.cut();
        }
        await expect(made).resolves.toMatchObject({ closed: false });
      }
      await flowing(room);
      expect(room.worker.closed).toBe(false);

      const { routerIds } = await room.worker.dump();

      // Each was made once.
      expect(routerIds).toHaveLength(6);
    },
  );
});

describe('a proxy that', () => {
  test('is killed leaves no worker at its upstream', async () => {
    const upstream = await ObservedDaemon.start(['--resume-window', '1']);
    const proxy = await startAbove([upstream.url]);
    const { mediasoup } = await ObservedClient.connect(proxy.url);
    const { worker } = await openRoom(mediasoup);
    const { pid } = worker;

    await proxy.kill();
    await until('the application to hear of it', () => worker.died);
    await until('the worker to go', () => !exists(pid));
    expect(upstream.workers).toEqual([]);
  });

  test('gets SIGTERM ends its sessions, and the workers at its upstream', async () => {
    const upstream = await ObservedDaemon.start();
    const proxy = await startAbove([upstream.url]);
    const { mediasoup } = await ObservedClient.connect(proxy.url);
    const { worker } = await openRoom(mediasoup);

    proxy.signal('SIGTERM');
    await expect(proxy.ended()).resolves.toEqual({ code: 0, signal: null });
    // It waits until they have gone.
    expect(upstream.workers).toEqual([]);
    await until('the application to hear of it', () => worker.died);
  });

  test('gets SIGTERM while its upstream hangs ends all the same', async () => {
    const upstream = await ObservedDaemon.start(['--resume-window', '1']);
    const proxy = await startAbove([upstream.url]);
    const { mediasoup } = await ObservedClient.connect(proxy.url);

    await mediasoup.createWorker();
    upstream.signal('SIGSTOP');
    onTestFinished(() => upstream.signal('SIGCONT'));
    proxy.signal('SIGTERM');
    await expect(proxy.ended()).resolves.toEqual({ code: 0, signal: null });
    upstream.signal('SIGCONT');
    await until('the worker to go', () => upstream.workers.length === 0);
  });

  test('drains goes on with the rooms that it has', async () => {
    const upstream = await ObservedDaemon.start();
    const proxy = await startAbove([upstream.url], ['--drain-timeout', '60']);
    const { client, mediasoup } = await ObservedClient.connect(proxy.url);
    const room = await openRoom(mediasoup);

    proxy.signal('SIGTERM');
    await until('draining', () => proxy.logged('draining').length === 1);
    await expect(readiness(proxy)).resolves.toEqual([503, 'draining\n']);
    await expect(mediasoup.createWorker()).rejects.toMatchObject({ name: 'DrainingError' });
    await expect(client.getStats()).resolves.toMatchObject({ draining: true });
    await flowing(room);
    room.worker.close();
    await expect(proxy.ended()).resolves.toEqual({ code: 0, signal: null });
    expect(proxy.logged('ending')).toMatchObject([{ reason: 'no workers left' }]);
  });
});
