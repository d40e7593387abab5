import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { types } from 'mediasoup';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { exists, ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { goodHello, RawClient } from '../faults/support/RawClient.js';
import { healthOf, metricsOf } from '../security/support/attempts.js';
import { until } from '../support/events.js';
import { audioProducer, mediaCodecs } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream, type UdpPeer } from '../support/rtp.js';

const minute = ['--drain-timeout', '60', '--health-port', '0'];

interface Room {
  observed: ObservedClient;
  worker: types.Worker;
  router: types.Router;
  /** Where the media comes out. */
  sink: UdpPeer;
}

/** A room through which media flows. */
async function openRoom(daemon: ObservedDaemon): Promise<Room> {
  const connected = await ObservedClient.connect(daemon.url);
  const worker = await connected.mediasoup.createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const sender = await plainSender(router);
  const receiver = await plainReceiver(router);
  const producer = await sender.transport.produce(audioProducer(5555));

  await consume(receiver.transport, producer);
  new AudioStream(5555, sender.send).start();
  await until('media', () => receiver.peer.rtp.length > 0);

  return { observed: connected, worker, router, sink: receiver.peer };
}

async function readiness(daemon: ObservedDaemon): Promise<[number, string]> {
  const response = await fetch(`${healthOf(daemon)}/readyz`);

  return [response.status, await response.text()];
}

describe('SIGTERM with --drain-timeout', () => {
  test('lets rooms go on until they are closed, takes no new workers, and ends with 0', async () => {
    const daemon = await ObservedDaemon.start(minute);
    const room = await openRoom(daemon);

    daemon.signal('SIGTERM');
    await until('draining', () => daemon.logged('draining').length === 1);

    // Not ready, but alive, and it says so where it is asked.
    await expect(readiness(daemon)).resolves.toEqual([503, 'draining\n']);
    await expect(fetch(`${healthOf(daemon)}/livez`)).resolves.toMatchObject({ status: 200 });
    expect((await metricsOf(daemon)).get('tureen_draining')).toBe(1);
    await expect(room.observed.client.getStats()).resolves.toMatchObject({ draining: true });

    // No new workers, for nobody; but whoever has one goes on as before.
    await expect(room.observed.client.mediasoup!.createWorker()).rejects.toMatchObject({
      name: 'DrainingError',
    });

    const other = await ObservedClient.connect(daemon.url);

    await expect(other.mediasoup.createWorker()).rejects.toMatchObject({ name: 'DrainingError' });

    const { length } = room.sink.rtp;

    await until('more media', () => room.sink.rtp.length > length + 50);

    const second = await room.worker.createRouter({ mediaCodecs });
    const transport = await second.createDirectTransport();

    await expect(transport.dump()).resolves.toMatchObject({ id: transport.id });
    expect(daemon.hasEnded).toBe(false);
    expect(room.observed.events).toEqual(['connected', 'mediasoup']);

    room.worker.close();
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
    expect(daemon.logged('ending')).toMatchObject([{ reason: 'no workers left' }]);
  });

  test('ends at once where there is nothing to wait for', async () => {
    const daemon = await ObservedDaemon.start(minute);

    await ObservedClient.connect(daemon.url);
    daemon.signal('SIGTERM');
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
  });

  test('waits for the last of several sessions', async () => {
    const daemon = await ObservedDaemon.start(minute);
    const first = await ObservedClient.connect(daemon.url);
    const second = await ObservedClient.connect(daemon.url);

    await first.mediasoup.createWorker();

    const worker = await second.mediasoup.createWorker();

    daemon.signal('SIGTERM');
    await until('draining', () => daemon.logged('draining').length === 1);
    await first.close();
    await until('one to be left', () => daemon.workers.length === 1);
    await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
    expect(daemon.hasEnded).toBe(false);
    await second.close();
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
  });

  test('ends when a room that nobody closes has had its time', async () => {
    const daemon = await ObservedDaemon.start(['--drain-timeout', '1.5']);
    const room = await openRoom(daemon);
    const { pid } = room.worker;
    const began = performance.now();

    daemon.signal('SIGTERM');
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeGreaterThanOrEqual(1500);
    expect(daemon.logged('ending')).toMatchObject([{ reason: 'drain timeout' }]);
    expect(exists(pid)).toBe(false);
    // For the application it is what the loss of any session is.
    await until('the worker to be told dead', () => room.worker.died);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'and a second signal, %s, ends it at once',
    async (signal) => {
      const daemon = await ObservedDaemon.start(minute);
      const room = await openRoom(daemon);

      daemon.signal('SIGTERM');
      await until('draining', () => daemon.logged('draining').length === 1);
      expect(room.worker.closed).toBe(false);
      daemon.signal(signal);
      await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
      expect(daemon.logged('ending')).toMatchObject([{ reason: signal }]);
      expect(exists(room.worker.pid)).toBe(false);
    },
  );

  test('takes a client back that lost its connection', async () => {
    const daemon = await ObservedDaemon.start(minute);
    const client = await RawClient.greet(daemon.url);
    const { id, secret } = client.welcome!.session;

    await client.call(0, 'createWorker', [{}], 1);
    client.drop();
    daemon.signal('SIGTERM');
    await until('draining', () => daemon.logged('draining').length === 1);

    const again = await RawClient.connect(daemon.url);

    again.hello({ ...goodHello, resume: { id, secret, received: 0 } });
    await until('a welcome', () => again.welcome);
    expect(again.welcome).toMatchObject({ resumed: true });
    expect(daemon.workers).toHaveLength(1);
    again.drop();
    daemon.signal('SIGTERM');
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
  });
});

/** A worker that starts when it is told to, by what `then` says in a shell. */
function slowWorker(then: string): { environment: NodeJS.ProcessEnv; start(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'tureen-drain-'));
  const gate = join(folder, 'gate');
  const worker = join(folder, 'worker');

  execFileSync('mkfifo', [gate]);
  writeFileSync(worker, `#!/bin/sh\nread line < '${gate}'\n${then}\n`, { mode: 0o755 });
  onTestFinished(() => rmSync(folder, { recursive: true }));

  return {
    environment: { MEDIASOUP_WORKER_BIN: worker },
    start: () => writeFile(gate, 'now\n'),
  };
}

describe('a worker that is being created when SIGTERM comes', () => {
  test('is waited for, and drained as all others', async () => {
    const { environment, start } = slowWorker(`exec '${process.env.MEDIASOUP_WORKER_BIN}' "$@"`);
    const daemon = await ObservedDaemon.start(minute, environment);
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const coming = mediasoup.createWorker();

    await until('the call', async () => {
      return (await metricsOf(daemon)).get('tureen_calls_in_flight') === 1;
    });
    daemon.signal('SIGTERM');
    await until('draining', () => daemon.logged('draining').length === 1);
    await expect(mediasoup.createWorker()).rejects.toMatchObject({ name: 'DrainingError' });
    expect(daemon.hasEnded).toBe(false);
    await start();

    const worker = await coming;

    await expect(worker.createRouter({ mediaCodecs })).resolves.toMatchObject({ closed: false });
    expect(daemon.logged('ending')).toEqual([]);
    worker.close();
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
    expect(daemon.logged('ending')).toMatchObject([{ reason: 'no workers left' }]);
  });

  test('and does not come about, is waited for no longer', async () => {
    const { environment, start } = slowWorker('exit 1');
    const daemon = await ObservedDaemon.start(minute, environment);
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const coming = mediasoup.createWorker();
    const refused = expect(coming).rejects.toThrow();

    await until('the call', async () => {
      return (await metricsOf(daemon)).get('tureen_calls_in_flight') === 1;
    });
    daemon.signal('SIGTERM');
    await until('draining', () => daemon.logged('draining').length === 1);
    expect(daemon.hasEnded).toBe(false);
    await start();
    await refused;
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
    expect(daemon.logged('ending')).toMatchObject([{ reason: 'no workers left' }]);
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s without --drain-timeout ends at once, rooms or not',
  async (signal) => {
    const daemon = await ObservedDaemon.start();
    const room = await openRoom(daemon);

    daemon.signal(signal);
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
    expect(daemon.logged('draining')).toEqual([]);
    expect(exists(room.worker.pid)).toBe(false);
    await until('the application to hear of it', () => room.worker.died);
  },
);

test('SIGINT does not drain, whatever the timeout', async () => {
  const daemon = await ObservedDaemon.start(minute);

  await openRoom(daemon);
  daemon.signal('SIGINT');
  await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
  expect(daemon.logged('ending')).toMatchObject([{ reason: 'SIGINT' }]);
});

test('rooms move to the next daemon: a rolling restart', async () => {
  const old = await ObservedDaemon.start(minute);
  const room = await openRoom(old);

  old.signal('SIGTERM');
  await until('draining', () => old.logged('draining').length === 1);

  const next = await ObservedDaemon.start(minute);
  const moved = await openRoom(next);
  const { length } = room.sink.rtp;

  await until('media through both', () => room.sink.rtp.length > length);
  await room.observed.close();
  await expect(old.ended()).resolves.toEqual({ code: 0, signal: null });
  await expect(moved.router.dump()).resolves.toMatchObject({ id: moved.router.id });
});

test('the package has one executable, built and in one file', () => {
  const folder = new URL('../../packages/remote-server/', import.meta.url);
  const { bin, files } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as {
    bin: Record<string, string>;
    files: string[];
  };

  expect(bin).toEqual({ 'tureen-server': './dist/bin.js' });
  expect(files).toContain('dist');

  const file = fileURLToPath(new URL('dist/bin.js', folder));

  expect(existsSync(file)).toBe(true);

  const text = readFileSync(file, 'utf8');

  expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true);
  expect(text).not.toMatch(/from ["']\.\.?\//);
});
