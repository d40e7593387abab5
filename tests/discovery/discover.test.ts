import { discover, dnsHosts, redisHosts, registerHost, staticHosts } from '@tureen/discovery';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';
import { DnsServer } from './support/DnsServer.js';
import { ObservedDiscovery } from './support/ObservedDiscovery.js';
import { RedisServer } from './support/RedisServer.js';
import { registered } from './support/registering.js';

describe('a list', () => {
  test('is what it is, each host once', async () => {
    const observed = await ObservedDiscovery.start(
      staticHosts(['ws://b:4600', 'wss://a', 'ws://b:4600/']),
    );

    expect(observed.discovery.hosts).toEqual([
      { id: 'ws://b:4600/', url: 'ws://b:4600/' },
      { id: 'wss://a/', url: 'wss://a/' },
    ]);
    expect(observed.lists).toEqual(['ws://b:4600/ wss://a/']);
    expect(observed.discovery.outage).toBeUndefined();
  });

  test('is not told after it was closed', async () => {
    const observed = new ObservedDiscovery(staticHosts(['ws://a']));

    await observed.discovery.close();
    await expect(observed.discovery.start()).rejects.toMatchObject({
      name: 'DiscoveryClosedError',
    });
    expect(observed.lists).toEqual([]);
  });
});

describe('discover() goes by the URL', () => {
  test('a list', async () => {
    const observed = await ObservedDiscovery.start(discover('ws://a:1, wss://b:2'));

    expect(observed.urls).toEqual(['ws://a:1/', 'wss://b:2/']);
  });

  test('DNS', async () => {
    const server = await DnsServer.start();
    const dns = { servers: [server.address] };

    server.addresses('media.test', 'A', ['192.0.2.1']);
    server.services('_tureen._tcp.media.test', [{ target: 'a.test', port: 1 }]);
    expect((await ObservedDiscovery.start(discover('dns://media.test:9', { dns }))).urls).toEqual([
      'ws://192.0.2.1:9/',
    ]);
    expect(
      (await ObservedDiscovery.start(discover('dns+srv://_tureen._tcp.media.test?secure', { dns })))
        .urls,
    ).toEqual(['wss://a.test:1/']);
  });

  test('Redis', async () => {
    const redis = await RedisServer.start();

    await registered(redis.url, 'a');
    expect((await ObservedDiscovery.start(discover(redis.url))).ids).toBe('a');
  });
});

describe('what cannot be meant is refused at once', () => {
  test.each([
    ['no list', () => staticHosts([]), /no hosts/],
    ['no URL', () => staticHosts(['//a:4600']), /not a URL/],
    ['another scheme', () => staticHosts(['http://a']), /"http:".*expected ws/],
    ['credentials', () => staticHosts(['ws://me:secret@a']), /credentials do not belong/],
    ['a fragment', () => staticHosts(['ws://a#b']), /no fragment/],
    ['an unknown scheme', () => discover('consul://me:secret@a'), /expected dns:/],
    ['no scheme', () => discover('media.example.com'), /expected dns:/],
    ['a path', () => dnsHosts('dns://name:4600/path'), /is not one of/],
    ['an address', () => dnsHosts('dns://192.0.2.1:4600'), /write ws:\/\/192/],
    ['a port that is none', () => dnsHosts('dns://name:99999'), /port that does not exist/],
    ['a port for services', () => dnsHosts('dns+srv://_a._tcp.name:1'), /leave it out/],
    ['another option', () => dnsHosts('dns://name?ttl=5'), /other than "\?secure"/],
    ['servers that are names', () => dnsHosts('dns://name', { servers: ['dns.test'] }), /nvalid/],
    ['no URL of Redis', () => redisHosts('not a secret URL'), /not the URL of a Redis server/],
    ['a broken password', () => redisHosts('redis://:%secret@a'), /not the URL of a Redis server/],
    ['another scheme', () => redisHosts('https://:secret@a'), /"https:" is not the URL/],
    ['a database by name', () => redisHosts('redis://:secret@a/name'), /names no database/],
    ['an option of Redis', () => redisHosts('redis://:secret@a?pre=x'), /unknown option/],
    ['no id', () => registration({ hostId: '' }), /id of a host/],
    ['an id with spaces', () => registration({ hostId: 'a b' }), /id of a host/],
    ['no URL of the host', () => registration({ url: 'a:4600' }), /expected ws/],
    ['tags that are too long', () => registration({ tags: { a: 'x'.repeat(101) } }), /100 char/],
    ['a lease that is none', () => registration({ lease: 5 }), /lease is 100/],
    ['a lease that lapses', () => registration({ renewInterval: 9000 }), /renewed at least twice/],
  ])('%s', (_what, attempt, message) => {
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(message);
    try {
      attempt();
    } catch (error) {
      // Neither in what it says nor in what is attached to it.
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret@');
    }
  });
});

function registration(more: object) {
  return registerHost({ redisUrl: 'redis://a', hostId: 'a', url: 'ws://a:4600', ...more });
}

test('an outage that nobody listens to is a warning, and not the end of the process', async () => {
  const server = await DnsServer.start();
  const warnings: Error[] = [];
  const listener = (warning: Error) => void warnings.push(warning);

  process.on('warning', listener);
  onTestFinished(() => void process.off('warning', listener));
  server.set('media.test', 'A', 'REFUSED');
  server.set('media.test', 'AAAA', 'REFUSED');

  const discovery = dnsHosts('dns://media.test', { servers: [server.address] });
  const started = discovery.start();

  await until('a warning', () => warnings.length > 0);
  expect(warnings[0]).toMatchObject({
    name: 'DiscoveryOutageError',
    message: expect.stringMatching(/^looking up media.test failed/) as string,
  });
  await discovery.close();
  await expect(started).rejects.toMatchObject({ name: 'DiscoveryClosedError' });
});
