import { RemoteMediasoupClient } from '@tureen/remote-client';
import { describe, expect, test } from 'vitest';
import { until } from '../support/events.js';
import { Following, startHost } from './support/Following.js';
import { registered } from './support/registering.js';

const closed = RemoteMediasoupClient.CLOSED;

/** Milliseconds: daemons are started, on a machine that may be busy. */
const SLOW = 120_000;

describe('an application that follows hosts', { timeout: SLOW }, () => {
  test('uses those that come, and those that were there', async () => {
    const following = await Following.start('a', 'b');

    await startHost(following.redis, 'c');
    await following.usable('a', 'b', 'c');
    expect(Object.keys(await following.workers('a', 'b', 'c')).sort()).toEqual(['a', 'b', 'c']);
    expect(following.events).toEqual(['added a', 'added b', 'added c']);
    expect(following.errors).toEqual([]);
  });

  test('gives a lost one no more workers, and closes its manager when the last has gone', async () => {
    const following = await Following.start('a', 'b');
    const { a, b } = await following.workers('a', 'b');
    const [ofA] = following.follower.managers;

    await following.hosts.a!.registration.close();
    await following.told('leaving a');
    await following.usable('b');
    expect(following.hostOf(await following.createWorker())).toBe('b');
    expect(following.hostOf(await following.createWorker())).toBe('b');
    // What it has goes on.
    await expect(a!.createRouter()).resolves.toMatchObject({ closed: false });
    expect(ofA?.readyState).toBe(RemoteMediasoupClient.CONNECTED);

    a!.close();
    await following.told('closed a');
    await until('the manager to be closed', () => ofA?.readyState === closed);
    expect(following.horizontal.size).toBe(1);
    expect(b?.closed).toBe(false);
  });

  test('uses one again that comes back while it has workers, with the same manager', async () => {
    const following = await Following.start('a', 'b');
    const { a } = await following.workers('a', 'b');

    await following.hosts.a!.registration.close();
    await following.told('leaving a');
    await registered(following.redis.url, 'a', { url: following.hosts.a!.daemon.url });
    await following.told('returned a');
    await following.usable('a', 'b');

    // That it had been leaving is forgotten: its last worker may go.
    a!.close();
    await following.workers('a', 'b');
    expect(following.events).toEqual(['added a', 'added b', 'leaving a', 'returned a']);
  });

  test('closes the manager of one at once that has neither workers nor a session', async () => {
    const following = await Following.start('a', 'b');
    const { a } = await following.workers('a', 'b');

    await following.hosts.a!.daemon.stop('SIGKILL');
    await until('its death', () => a!.closed);
    expect(following.follower.managers).toHaveLength(2);
    await following.hosts.a!.registration.close();
    await following.told('closed a');
    expect(following.follower.managers).toHaveLength(1);
    expect(following.horizontal.size).toBe(1);
  });

  test('closes the manager of one that was leaving when its session ends', async () => {
    const following = await Following.start('a', 'b');
    const { a } = await following.workers('a', 'b');

    await following.hosts.a!.registration.close();
    await following.told('leaving a');
    expect(a!.closed).toBe(false);
    await following.hosts.a!.daemon.stop('SIGKILL');
    await following.told('closed a');
    expect(following.horizontal.size).toBe(1);
  });

  test('lets one drain that says so, until it says otherwise', async () => {
    const following = await Following.start('a', 'b');
    const { a } = await following.workers('a', 'b');
    const { state, registration } = following.hosts.a!;

    state.draining = true;
    registration.update();
    await following.usable('b');
    expect(a!.closed).toBe(false);
    state.draining = false;
    registration.update();
    await following.usable('a', 'b');
    expect(following.events).toEqual(['added a', 'added b']);
  });

  test('has the same manager for one that starts again at the same URL', async () => {
    const following = await Following.start('a');
    const [before] = following.follower.managers;
    const { registration } = await registered(following.redis.url, 'a', {
      url: following.hosts.a!.daemon.url,
    });

    await until('the new one', () => following.discovery.hosts[0]?.epoch === registration.epoch);
    // Another id behind the same URL is the same daemon, too.
    await registered(following.redis.url, 'b', { url: following.hosts.a!.daemon.url });
    await until('both', () => following.discovery.hosts.length === 2);
    expect(following.follower.managers).toEqual([before]);
    expect(following.events).toEqual(['added a']);
  });

  test('has another manager for one that is elsewhere now', async () => {
    const following = await Following.start('a');
    const { a } = await following.workers('a');
    const elsewhere = await startHost(following.redis, 'a');

    await following.told('added a', 2);
    await following.told('leaving a');
    await following.usable('a');

    const worker = await following.createWorker();

    expect((await worker.getResourceUsage()).ru_maxrss).toBeGreaterThan(0);
    expect(following.discovery.hosts.map(({ url }) => url)).toEqual([`${elsewhere.daemon.url}/`]);
    a!.close();
    await following.told('closed a');
    expect(worker.closed).toBe(false);
  });

  test('goes on as before while Redis is not there', async () => {
    const following = await Following.start('a', 'b');
    const { a, b } = await following.workers('a', 'b');

    await following.redis.kill();
    await until('the outage', () => following.discovery.outage);
    // A daemon that dies meanwhile is no host any more, whatever is known of it.
    await following.hosts.b!.daemon.stop('SIGKILL');
    await until('its death', () => b!.closed);
    await following.usable('a');
    await expect(a!.createRouter()).resolves.toMatchObject({ closed: false });
    expect(following.hostOf(await following.createWorker())).toBe('a');
    await following.redis.start();
    await until('the end of the outage', () => !following.discovery.outage);
    expect(a!.closed).toBe(false);
    expect(following.events).toEqual(['added a', 'added b']);
  });

  test('goes on with the others when a manager cannot be made, and tries again', async () => {
    const following = await Following.start('a');
    let refused = 0;

    following.onCreate = ({ id }) => {
      if (id === 'b' && refused < 2) {
        refused += 1;
        throw new TypeError('not today');
      }

      return true;
    };
    await startHost(following.redis, 'b');
    await startHost(following.redis, 'c');
    await following.usable('a', 'c');
    await startHost(following.redis, 'd');
    await following.usable('a', 'b', 'c', 'd');
    expect(following.errors.map(({ message }) => message)).toEqual(['not today']);
  });

  test('leaves those out that it does not want', async () => {
    const following = await Following.start('a');

    following.onCreate = ({ tags }) => tags?.region === 'eu';
    await startHost(following.redis, 'b', { tags: { region: 'us' } });
    await startHost(following.redis, 'c', { tags: { region: 'eu' } });
    await following.usable('a', 'c');
    expect(following.events).toEqual(['added a', 'added c']);
  });

  test('ends: all its managers are closed, and nothing is followed any more', async () => {
    const following = await Following.start('a', 'b');
    const { managers } = following.follower;

    await following.workers('a', 'b');
    following.follower.close();
    await until('them to be closed', () =>
      managers.every(({ readyState }) => readyState === closed),
    );
    expect(following.horizontal.size).toBe(0);
    await startHost(following.redis, 'c');
    await until('the discovery to know', () => following.discovery.hosts.length === 3);
    expect(following.follower.managers).toEqual([]);
  });
});
