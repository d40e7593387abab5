import { redisHosts } from '@tureen/discovery';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AppProcess } from '../faults/support/AppProcess.js';
import { Certificates, read } from '../security/support/certificates.js';
import { until } from '../support/events.js';
import { freePort } from '../support/freePort.js';
import { ObservedDiscovery } from './support/ObservedDiscovery.js';
import { RedisServer } from './support/RedisServer.js';
import { register, registered, short } from './support/registering.js';

const registrant = '../../discovery/apps/registrant.mjs';

/** Looks at long intervals only: what is seen in time has been announced. */
const announced = { interval: 60_000 };

describe('hosts that register themselves', () => {
  test('are found, with all that they say, and are gone when they say so', async () => {
    const redis = await RedisServer.start();
    const { registration, state } = await registered(redis.url, 'a', { tags: { region: 'eu' } });
    const observed = await ObservedDiscovery.start(redisHosts(redis.url, announced));

    expect(observed.discovery.hosts).toEqual([
      {
        id: 'a',
        url: 'ws://a:4600/',
        epoch: registration.epoch,
        tags: { region: 'eu' },
        draining: false,
        load: {},
      },
    ]);

    const other = await registered(redis.url, 'b');

    await observed.sees('a', 'b');
    Object.assign(state, { draining: true, load: { cpu: 71.5 } });
    registration.update();
    await until('the state', () => observed.host('a')?.draining);
    expect(observed.host('a')).toMatchObject({ draining: true, load: { cpu: 71.5 } });
    state.draining = false;
    registration.update();
    await until('the state', () => observed.host('a')?.draining === false);

    await other.registration.close();
    await observed.sees('a');
    await registration.close();
    await observed.sees();
    expect(observed.lists.at(0)).toBe('a');
    expect(observed.events).toEqual([]);
  });

  test('travel with their load by themselves, and announce that they drain', async () => {
    const redis = await RedisServer.start();
    const { state } = await registered(redis.url, 'a');
    const observed = await ObservedDiscovery.start(redisHosts(redis.url, { interval: 100 }));
    const distant = await ObservedDiscovery.start(redisHosts(redis.url, announced));

    state.load = { cpu: 33 };
    await until('the load', () => observed.host('a')?.load?.cpu === 33);
    state.draining = true;
    await until('draining', () => distant.host('a')?.draining);
  });

  test('are lost when their lease lapses, and not before', async () => {
    const redis = await RedisServer.start();
    const options = { redisUrl: redis.url, hostId: 'a', url: 'ws://a:4600', ...short };
    const app = await AppProcess.start(registrant, JSON.stringify(options));

    await registered(redis.url, 'b');

    const observed = await ObservedDiscovery.start(redisHosts(redis.url, announced));
    const client = await redis.client();
    const lapses = await client.zScore('tureen:leases', 'a');

    expect(observed.ids).toBe('a b');
    app.signal('SIGKILL');
    await app.ended();
    await observed.sees('b');

    const [seconds = 0, microseconds = 0] = (
      await client.sendCommand<[number, number]>(['TIME'])
    ).map(Number);

    expect(seconds * 1000 + microseconds / 1000).toBeGreaterThan(lapses ?? Infinity);
    // The other one's renewals have tidied up.
    await until('nothing of it', async () => (await client.hKeys('tureen:hosts')).join() === 'b');
  });

  test('with a prefix are of another world', async () => {
    const redis = await RedisServer.start();

    await registered(redis.url, 'a', { prefix: 'one:' });
    await registered(`${redis.url}/0?prefix=two:`, 'b');

    const one = await ObservedDiscovery.start(redisHosts(redis.url, { prefix: 'one:' }));
    const two = await ObservedDiscovery.start(redisHosts(redis.url, { prefix: 'two:' }));

    expect([one.ids, two.ids]).toEqual(['a', 'b']);
  });
});

describe('a Redis that wants a password', () => {
  test('gets that of the URL, and nobody else does', async () => {
    const redis = await RedisServer.start('--requirepass', 'open sesame');
    const url = redis.url.replace('//', '//:open%20sesame@');
    const wrong = redis.url.replace('//', '//:abracadabra@');
    const { log, logged } = await registered(url, 'a');
    const observed = await ObservedDiscovery.start(redisHosts(url));
    const refused = new ObservedDiscovery(redisHosts(wrong));
    const refusedHost = register(wrong, 'b');

    expect(observed.ids).toBe('a');
    refused.discovery.start().catch(() => undefined);
    await refused.told('DiscoveryOutageError');
    await until('a warning', () => refusedHost.log.length > 0);
    expect(refused.errors[0]?.message).toContain('WRONGPASS');
    expect(refusedHost.log[0]).toMatch(/^warn Redis cannot be used/);

    const said = JSON.stringify([log, logged, refusedHost.log, refusedHost.logged]);

    expect(said + refused.errors.map(String).join()).not.toMatch(/sesame|abracadabra/);
  });
});

describe('a Redis behind TLS', () => {
  test('is used if its certificate is trusted, and not otherwise', async () => {
    const made = await Certificates.make();

    onTestFinished(() => made.remove());

    const authority = await made.authority('authority');
    const { cert, key } = await made.signed('server', authority);
    const port = await freePort();
    const files = [
      '--tls-cert-file',
      cert,
      '--tls-key-file',
      key,
      '--tls-ca-cert-file',
      authority.cert,
    ];

    await RedisServer.start('--tls-port', String(port), '--tls-auth-clients', 'no', ...files);

    const url = `rediss://127.0.0.1:${port}`;
    const tls = { ca: (await read(authority)).cert };

    await registered(url, 'a', { tls });

    const observed = await ObservedDiscovery.start(redisHosts(url, { tls }));
    const distrustful = new ObservedDiscovery(redisHosts(url));

    expect(observed.ids).toBe('a');
    distrustful.discovery.start().catch(() => undefined);
    await distrustful.told('DiscoveryOutageError');
    expect(distrustful.errors[0]?.message).toMatch(/certificate/);
  });
});
