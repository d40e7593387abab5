import { afterAll, describe, expect, test } from 'vitest';
import { RedisServer } from '../discovery/support/RedisServer.js';
import { ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { until } from '../support/events.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { flowing, openRoom, usable, withHealth } from './support/levels.js';

interface Registered {
  id: string;
  url: string;
  tags: Record<string, string>;
  load: Record<string, number>;
  draining: boolean;
}

async function registeredIn(redis: RedisServer): Promise<Registered[]> {
  const client = await redis.client();
  const records = Object.values(await client.hGetAll('tureen:hosts'));

  return records.map((record) => JSON.parse(record) as Registered);
}

function startRegistered(redis: RedisServer, name: string): Promise<ObservedDaemon> {
  return ObservedDaemon.start([
    ...['--register', redis.url, '--host-id', name, '--tag', `name=${name}`],
    ...['--drain-timeout', '60'],
  ]);
}

function startAboveFound(redis: RedisServer): Promise<ObservedDaemon> {
  return ObservedDaemon.start([
    ...['--discover', redis.url, '--host-placement', 'roundRobin', ...withHealth],
  ]);
}

describe('daemons that register themselves', () => {
  afterAll(noWorkersLeft);

  test('are known by name, tags, load and draining, until they end', async () => {
    const redis = await RedisServer.start();
    const daemon = await startRegistered(redis, 'one');

    await until('the record', async () => (await registeredIn(redis)).length === 1);

    const [record] = await registeredIn(redis);

    expect(record).toMatchObject({
      id: `one:${daemon.port}`,
      url: `${daemon.url}/`,
      tags: { name: 'one' },
      draining: false,
      load: { cpus: expect.any(Number) as number, sessions: 0, workers: 0 },
    });

    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const worker = await mediasoup.createWorker();

    daemon.signal('SIGTERM');
    await until('it to be told', async () => (await registeredIn(redis))[0]?.draining);
    worker.close();
    await daemon.ended();
    await expect(registeredIn(redis)).resolves.toEqual([]);
  });

  test('are served as one, come and go', async () => {
    const redis = await RedisServer.start();
    const first = await startRegistered(redis, 'one');
    const cluster = await startAboveFound(redis);
    const app = await ObservedClient.connect(cluster.url);

    await usable(app, 1);

    const room = await openRoom(app.mediasoup);
    const second = await startRegistered(redis, 'two');

    await usable(app, 2);
    // It drains: what is new goes to the other.
    first.signal('SIGTERM');
    await usable(app, 1);

    const next = await openRoom(app.mediasoup, 6666);

    expect(second.workers).toEqual([next.worker.pid]);
    await flowing(room);
    room.worker.close();
    await expect(first.ended()).resolves.toEqual({ code: 0, signal: null });
    await flowing(next);
    next.worker.close();
  });

  test('do not mind that Redis is killed, nor does who serves them', async () => {
    const redis = await RedisServer.start();
    const daemon = await startRegistered(redis, 'one');
    const cluster = await startAboveFound(redis);
    const app = await ObservedClient.connect(cluster.url);
    const room = await openRoom(app.mediasoup);

    await redis.kill();
    await until('the outage', () => cluster.logged('trouble with discovery').length);
    await flowing(room);
    await flowing(await openRoom(app.mediasoup, 6666));
    await redis.start();
    await until('it to be over', () => cluster.logged('discovery goes on').length);
    await until('the record', async () => (await registeredIn(redis)).length === 1);
    await flowing(room);
    expect(daemon.hasEnded).toBe(false);
    expect(room.worker.closed).toBe(false);

    // To end is no loss.
    cluster.signal('SIGINT');
    await cluster.ended();
    expect(cluster.logged('upstream lost: its workers have died')).toEqual([]);
  });

  test('and cannot reach Redis begin, serve and end all the same', async () => {
    const redis = await RedisServer.notStarted();
    const daemon = await startRegistered(redis, 'one');
    const { mediasoup } = await ObservedClient.connect(daemon.url);

    await flowing(await openRoom(mediasoup));
    daemon.signal('SIGINT');
    await expect(daemon.ended()).resolves.toEqual({ code: 0, signal: null });
  });

  test('tell no password', async () => {
    const redis = await RedisServer.start('--requirepass', 'open-sesame');
    const url = redis.url.replace('//', '//default:wrong-sesame@');
    const daemon = await ObservedDaemon.start(['--register', url]);

    await until('the refusal', () => daemon.stderr.includes('WRONGPASS'));
    expect(daemon.stderr + daemon.stdout).not.toContain('sesame');
  });
});
