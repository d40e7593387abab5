import { registerHost, redisHosts } from '@tureen/discovery';
import { describe, expect, test } from 'vitest';
import { AppProcess } from '../faults/support/AppProcess.js';
import { until } from '../support/events.js';
import { ObservedDiscovery } from './support/ObservedDiscovery.js';
import { RedisServer } from './support/RedisServer.js';
import { register, registered, short } from './support/registering.js';

const registrant = '../../discovery/apps/registrant.mjs';
const unusable = /^warn Redis cannot be used/;
const again = /^info Redis can be used again/;
const { lease, timeout } = short;
/** Milliseconds for those that wait for leases and for whole processes, on a machine that is busy. */
const SLOW = 120_000;

/** A host in a process of its own. */
const hostProcess = (redis: RedisServer, hostId: string) =>
  AppProcess.start(
    registrant,
    JSON.stringify({ redisUrl: redis.url, hostId, url: `ws://${hostId}:4600`, ...short }),
  );

/** Two hosts, and somebody who follows them. */
async function twoHosts() {
  const redis = await RedisServer.start();
  const hosts = [await registered(redis.url, 'a'), await registered(redis.url, 'b')];
  const observed = await ObservedDiscovery.start(redisHosts(redis.url, { timeout }));

  expect(observed.ids).toBe('a b');

  return { redis, hosts, observed };
}

/** The time itself is the subject: that long after an outage began nothing has happened. */
async function leaseLapses(): Promise<void> {
  const end = performance.now() + 1.2 * lease;

  await until('more than a lease', () => performance.now() > end);
}

describe('Redis', { timeout: SLOW }, () => {
  test('is killed and comes back empty: the hosts stay those that were known', async () => {
    const { redis, hosts, observed } = await twoHosts();
    const doomed = await hostProcess(redis, 'c');

    await observed.sees('a', 'b', 'c');
    await redis.kill();
    await observed.told('DiscoveryOutageError');
    await until('warnings', () =>
      hosts.every(({ log }) => log.some((line) => unusable.test(line))),
    );
    doomed.signal('SIGKILL');
    await doomed.ended();
    // As long as it lasts.
    await leaseLapses();
    expect(observed.ids).toBe('a b c');
    expect(observed.discovery.outage).toBeInstanceOf(Error);

    await redis.start();
    await observed.told('recovered');
    expect(observed.discovery.outage).toBeUndefined();
    // Its lease lapsed long ago, but it may not have been able to renew it.
    expect(observed.ids).toBe('a b c');
    await until('registrations', () =>
      hosts.every(({ log }) => log.some((line) => again.test(line))),
    );
    // Who does not come back within a lease is lost.
    await observed.sees('a', 'b');
    expect(observed.lists).toEqual(['a b', 'a b c', 'a b']);
    expect(observed.events).toEqual(['DiscoveryOutageError', 'recovered']);
    for (const { log } of hosts) {
      expect(log.filter((line) => unusable.test(line))).toHaveLength(1);
    }

    // All is as before.
    await registered(redis.url, 'd');
    await observed.sees('a', 'b', 'd');
  });

  test('hangs: that is noticed, nothing changes, and it is used again when it goes on', async () => {
    const { redis, hosts, observed } = await twoHosts();

    redis.signal('SIGSTOP');
    await observed.told('DiscoveryOutageError');
    await until('warnings', () =>
      hosts.every(({ log }) => log.some((line) => unusable.test(line))),
    );
    await leaseLapses();
    expect(observed.ids).toBe('a b');
    redis.signal('SIGCONT');
    await observed.told('recovered');
    await until('registrations', () =>
      hosts.every(({ log }) => log.some((line) => again.test(line))),
    );
    await registered(redis.url, 'c');
    await observed.sees('a', 'b', 'c');
    expect(observed.lists).toEqual(['a b', 'a b c']);
    expect(observed.events).toEqual(['DiscoveryOutageError', 'recovered']);
  });

  test('hangs while there is nothing to ask for: that is noticed, too', async () => {
    const redis = await RedisServer.start();
    const observed = await ObservedDiscovery.start(
      redisHosts(redis.url, { timeout, interval: 60_000 }),
    );

    redis.signal('SIGSTOP');
    await observed.told('DiscoveryOutageError');
  });

  test('loses all that it knew: hosts that are there stay, those that are not lapse', async () => {
    const { redis, observed } = await twoHosts();
    const doomed = await hostProcess(redis, 'c');
    const client = await redis.client();

    await observed.sees('a', 'b', 'c');
    doomed.signal('SIGKILL');
    await doomed.ended();
    await client.flushAll();
    await until('them to be back', async () => (await client.hLen('tureen:hosts')) === 2);
    await observed.sees('a', 'b');
    expect(observed.events).toEqual([]);
    expect(observed.lists).toEqual(['a b', 'a b c', 'a b']);
  });

  test('becomes a replica that takes no writes, until it is the primary again', async () => {
    const { redis, hosts, observed } = await twoHosts();
    const client = await redis.client();

    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    await until('warnings', () =>
      hosts.every(({ log }) => log.some((line) => unusable.test(line))),
    );
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    await until('registrations', () =>
      hosts.every(({ log }) => log.some((line) => again.test(line))),
    );
    await observed.sees('a', 'b');
  });
});

describe('Redis is not there at the beginning', () => {
  test.each(['not running', 'hanging'])('%s: both sides wait, and say so once', async (how) => {
    const redis = await RedisServer.notStarted();

    if (how === 'hanging') {
      await redis.start();
      redis.signal('SIGSTOP');
    }

    const observed = new ObservedDiscovery(redisHosts(redis.url, { timeout }));
    const started = observed.discovery.start();
    const { registration, log } = register(redis.url, 'a');

    await observed.told('DiscoveryOutageError');
    await until('a warning', () => log.length > 0);
    expect(observed.errors[0]?.message).toContain(redis.url);
    expect(registration.epoch).toBeUndefined();
    if (how === 'hanging') {
      redis.signal('SIGCONT');
    } else {
      await redis.start();
    }
    await started;
    await observed.sees('a');
    expect(observed.events).toEqual(['DiscoveryOutageError', 'recovered']);
    expect(log).toEqual([expect.stringMatching(unusable), 'info registered in Redis']);
  });

  test('closing ends the waiting', async () => {
    const redis = await RedisServer.notStarted();
    const discovery = redisHosts(redis.url).on('error', () => undefined);
    const started = discovery.start();
    const registration = registerHost({ redisUrl: redis.url, hostId: 'a', url: 'ws://a:4600' });

    await Promise.all([discovery.close(), registration.close()]);
    await expect(started).rejects.toMatchObject({ name: 'DiscoveryClosedError' });
    await expect(discovery.start()).rejects.toMatchObject({ name: 'DiscoveryClosedError' });
  });
});

describe('a process that closes its registration ends, as nothing is left of it', () => {
  test.each(['there', 'killed', 'hanging'])('with Redis %s', async (state) => {
    const redis = await RedisServer.start();
    const app = await hostProcess(redis, 'a');

    if (state === 'killed') await redis.kill();
    if (state === 'hanging') redis.signal('SIGSTOP');
    app.tell('close');
    await app.said('closed');
    await expect(app.ended()).resolves.toBe(0);
  });
});
