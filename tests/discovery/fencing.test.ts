import { redisHosts } from '@tureen/discovery';
import { describe, expect, test } from 'vitest';
import { fenceLasts, keysOf, remove, renew } from '../../packages/discovery/src/redis/scripts.js';
import { AppProcess } from '../faults/support/AppProcess.js';
import { until } from '../support/events.js';
import { ObservedDiscovery } from './support/ObservedDiscovery.js';
import { RedisServer } from './support/RedisServer.js';
import { register, registered, short } from './support/registering.js';

const registrant = '../../discovery/apps/registrant.mjs';
const fenced = /^error another daemon has registered as host a since/;

/** An incarnation of host a in a process of its own. */
const incarnation = (redis: RedisServer) =>
  AppProcess.start(
    registrant,
    JSON.stringify({ redisUrl: redis.url, hostId: 'a', url: 'ws://old:4600', ...short }),
  );

describe('an old incarnation that was paused', () => {
  test('cannot overwrite the newer one when it wakes up', async () => {
    const redis = await RedisServer.start();
    const old = await incarnation(redis);
    const observed = await ObservedDiscovery.start(redisHosts(redis.url));
    const urls: (string | undefined)[] = [];

    observed.discovery.on('hosts', () => urls.push(observed.host('a')?.url));
    expect(observed.urls).toEqual(['ws://old:4600/']);
    old.signal('SIGSTOP');
    await registered(redis.url, 'a', { url: 'ws://new:4600' });
    await until('the newer one', () => observed.host('a')?.url === 'ws://new:4600/');
    old.signal('SIGCONT');
    await until('to be fenced off', () => old.lines.some((line) => fenced.test(line)));
    expect(observed.urls).toEqual(['ws://new:4600/']);
    expect(urls.slice(urls.indexOf('ws://new:4600/'))).not.toContain('ws://old:4600/');
    // It says so once, and goes on otherwise.
    old.tell('drain');
    old.tell('close');
    await old.said('closed');
    await expect(old.ended()).resolves.toBe(0);
    expect(old.lines.filter((line) => fenced.test(line))).toHaveLength(1);
    expect(observed.host('a')).toMatchObject({ url: 'ws://new:4600/', draining: false });
  });

  test('cannot delete the newer one', async () => {
    const redis = await RedisServer.start();
    const old = await incarnation(redis);

    old.signal('SIGSTOP');

    const { registration } = await registered(redis.url, 'a', { url: 'ws://new:4600' });

    // What it does first when it goes on.
    old.tell('close');
    old.signal('SIGCONT');
    await old.said('closed');

    const observed = await ObservedDiscovery.start(redisHosts(redis.url));

    expect(observed.host('a')).toMatchObject({ url: 'ws://new:4600/', epoch: registration.epoch });
  });

  test('cannot overwrite the newer one, even if Redis has lost all that it knew', async () => {
    const redis = await RedisServer.start();
    const old = await incarnation(redis);
    const client = await redis.client();

    old.signal('SIGSTOP');
    await client.flushAll();
    await registered(redis.url, 'a', { url: 'ws://new:4600' });
    old.signal('SIGCONT');
    await until('to be fenced off', () => old.lines.some((line) => fenced.test(line)));

    const observed = await ObservedDiscovery.start(redisHosts(redis.url));

    expect(observed.urls).toEqual(['ws://new:4600/']);
  });
});

test('of two that start at once with one id, one remains', async () => {
  const redis = await RedisServer.start();
  const both = [1, 2].map((port) => register(redis.url, 'a', { url: `ws://a:${port}` }));
  const errors = () => both.flatMap(({ log }) => log.filter((line) => fenced.test(line)));

  const remaining = () => both.filter(({ registration }) => registration.epoch !== undefined);

  // In any order: the higher epoch forbids the other one before it has been used.
  await until('one to be fenced off', () => errors().length === 1);
  await until('the other to be in', () => remaining().length === 1);

  const [winner] = remaining();
  const observed = await ObservedDiscovery.start(redisHosts(redis.url));

  expect(observed.host('a')?.epoch).toBe(winner?.registration.epoch);
  winner!.state.draining = true;
  winner!.registration.update();
  await until('its state', () => observed.host('a')?.draining);
  expect(errors()).toHaveLength(1);
});

test('each incarnation has a higher epoch than those before, whatever Redis has lost', async () => {
  const redis = await RedisServer.start();
  const client = await redis.client();
  const epochs: number[] = [];

  for (const lose of [false, true, false]) {
    const { registration } = await registered(redis.url, 'a');

    epochs.push(registration.epoch as number);
    await registration.close();
    if (lose) await client.flushAll();
  }
  expect(epochs).toEqual([...new Set(epochs)].sort((one, other) => one - other));
});

test('what was sent before it left, and arrives after, does not bring it back', async () => {
  const redis = await RedisServer.start();
  const client = await redis.client();
  const { registration } = await registered(redis.url, 'a');
  const keys = keysOf('tureen:');
  const ofHost = [keys.fence('a'), keys.leases, keys.hosts];
  const record = (await client.hGet(keys.hosts, 'a')) as string;
  const epoch = String(registration.epoch);
  const sendAgain = (script: string, ...more: string[]) =>
    client.eval(script, { keys: ofHost, arguments: [String(fenceLasts), epoch, 'a', ...more] });

  await expect(sendAgain(renew, '60000', record, keys.changes, '1')).resolves.toBe('0');
  await registration.close();
  expect(Number(await sendAgain(renew, '60000', record, keys.changes, '1'))).toBeGreaterThan(
    Number(epoch),
  );
  await expect(client.hExists(keys.hosts, 'a')).resolves.toBe(0);
  expect(Number(await sendAgain(remove, keys.changes))).toBeGreaterThan(Number(epoch));
});

test('who follows keeps the newer of two records, whichever Redis has', async () => {
  const redis = await RedisServer.start();
  const client = await redis.client();
  const write = async (id: string, epoch: number, url: string) => {
    await client.hSet('tureen:hosts', id, JSON.stringify({ id, epoch, url, lease: 60_000 }));
    await client.zAdd('tureen:leases', { value: id, score: Date.now() + 60_000 });
    await client.publish('tureen:changes', `+${id}`);
  };

  await write('a', 10, 'ws://new');

  const observed = await ObservedDiscovery.start(redisHosts(redis.url));

  await write('a', 9, 'ws://old');
  await write('b', 1, 'ws://b');
  await observed.sees('a', 'b');
  expect(observed.host('a')?.url).toBe('ws://new/');
  await write('a', 11, 'ws://newest');
  await until('the newest', () => observed.host('a')?.url === 'ws://newest/');
});
