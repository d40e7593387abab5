import { dnsHosts, type DnsOptions } from '@tureen/discovery';
import { describe, expect, test } from 'vitest';
import { AppProcess } from '../faults/support/AppProcess.js';
import { until } from '../support/events.js';
import { DnsServer } from './support/DnsServer.js';
import { ObservedDiscovery } from './support/ObservedDiscovery.js';

const name = 'media.example.com';
const service = '_tureen._tcp.media.example.com';
const asking = '../../discovery/apps/asking.mjs';
/** A server of this process that is slow to answer, as the process is, must not look like one that is gone. */
const often = { interval: 30, timeout: 5000 };

function observe(server: DnsServer, url: string, options: DnsOptions = {}): ObservedDiscovery {
  return new ObservedDiscovery(dnsHosts(url, { ...often, servers: [server.address], ...options }));
}

/** Of a name with these addresses; the other kind is empty. */
async function withAddresses(addresses: readonly string[], options: DnsOptions = {}) {
  const server = await DnsServer.start();

  server.addresses(name, 'A', addresses);
  server.addresses(name, 'AAAA', []);

  const observed = observe(server, `dns://${name}:4600`, options);

  await observed.discovery.start();

  return { server, observed };
}

/** Resolves when that many more lookups have been answered. */
async function lookups(server: DnsServer, count: number, type: 'A' | 'AAAA' = 'A'): Promise<void> {
  // Of those under way one may have been answered before what was changed just now.
  const end = server.asked[type] + count + 1;

  await until(`${count} lookups`, () => server.asked[type] >= end);
}

describe('a name with addresses', () => {
  test('has a host for each, of both kinds, in one order', async () => {
    const server = await DnsServer.start();

    server.addresses(name, 'A', ['192.0.2.9', '192.0.2.1']);
    server.addresses(name, 'AAAA', ['2001:db8::7']);

    const observed = observe(server, `dns://${name}:7000`);

    await observed.discovery.start();
    expect(observed.discovery.hosts).toEqual(
      ['ws://192.0.2.1:7000/', 'ws://192.0.2.9:7000/', 'ws://[2001:db8::7]:7000/'].map((url) => ({
        id: url,
        url,
      })),
    );
    expect(observed.events).toEqual([]);
  });

  test('is followed', async () => {
    const { server, observed } = await withAddresses(['192.0.2.1']);

    server.addresses(name, 'A', ['192.0.2.1', '192.0.2.2']);
    await observed.sees('ws://192.0.2.1:4600/', 'ws://192.0.2.2:4600/');
    server.addresses(name, 'A', ['192.0.2.2']);
    await observed.sees('ws://192.0.2.2:4600/');
    server.addresses(name, 'AAAA', ['::1']);
    await observed.sees('ws://192.0.2.2:4600/', 'ws://[::1]:4600/');
    // The same in another order is no change.
    expect(observed.lists).toHaveLength(4);
  });

  test('may have more of them than fit into a datagram', async () => {
    const addresses = Array.from({ length: 100 }, (_, index) => `192.0.2.${index + 1}`);
    const { observed } = await withAddresses(addresses);

    expect(observed.discovery.hosts).toHaveLength(100);
  });

  test('is asked for again when the answer is too old, without an interval', async () => {
    const server = await DnsServer.start();

    server.addresses(name, 'A', ['192.0.2.1'], 1);
    server.addresses(name, 'AAAA', []);

    const observed = observe(server, `dns://${name}:4600`, { interval: undefined });

    await observed.discovery.start();
    server.addresses(name, 'A', ['192.0.2.2'], 300);
    await observed.sees('ws://192.0.2.2:4600/');
  });

  test('is served securely if asked for', async () => {
    const server = await DnsServer.start();

    server.addresses(name, 'A', ['192.0.2.1']);

    const observed = observe(server, `dns://${name}?secure`);

    await observed.discovery.start();
    expect(observed.urls).toEqual(['wss://192.0.2.1:4600/']);
  });
});

describe('a name with services', () => {
  test('has a host for each, by name and port', async () => {
    const server = await DnsServer.start();

    server.services(service, [
      { target: 'b.example.com', port: 4601 },
      { target: 'a.example.com', port: 4600 },
    ]);

    const observed = observe(server, `dns+srv://${service}`, { secure: true });

    await observed.discovery.start();
    expect(observed.urls).toEqual(['wss://a.example.com:4600/', 'wss://b.example.com:4601/']);
    server.services(service, [{ target: 'b.example.com', port: 4602 }]);
    await observed.sees('wss://b.example.com:4602/');
    // That is how DNS says that there is no such service.
    server.services(service, [{ target: '.', port: 0 }]);
    await observed.sees();
    expect(observed.events).toEqual([]);
  });

  test('has none for what is no name of a host; that is told once', async () => {
    const server = await DnsServer.start();
    const fine = { target: 'a.example.com', port: 4600 };
    const names = ['10.0.0.300', 'two words', 'user@host', 'a/b', 'a#b', 'a%zz', 'xn--zz--1'];

    server.services(service, [fine, ...names.map((target) => ({ target, port: 4600 }))]);

    const observed = observe(server, `dns+srv://${service}`);

    await observed.discovery.start();
    await observed.told('InvalidHostError', names.length);
    await until('it was asked again', () => server.asked.SRV > 5);
    expect(observed.urls).toEqual(['ws://a.example.com:4600/']);
    expect(observed.events).toHaveLength(names.length);
    expect(observed.errors.map(String).join()).toContain('"two words"');
  });
});

describe('a lookup that fails', () => {
  test.each([
    ['SERVFAIL', 5, often],
    ['REFUSED', 5, often],
    // Each takes as long as the server may take to answer.
    ['silence', 2, { timeout: 1000 }],
  ] as const)(
    '%s: the hosts stay, it is told once, and its end too',
    async (failure, times, options) => {
      const { server, observed } = await withAddresses(['192.0.2.1'], options);

      server.set(name, 'A', failure);
      server.set(name, 'AAAA', failure);
      await observed.told('DiscoveryOutageError');
      await lookups(server, times);
      expect(observed.urls).toEqual(['ws://192.0.2.1:4600/']);
      expect(observed.discovery.outage).toBe(observed.errors[0]);
      server.addresses(name, 'A', ['192.0.2.2']);
      server.addresses(name, 'AAAA', []);
      await observed.sees('ws://192.0.2.2:4600/');
      expect(observed.events).toEqual(['DiscoveryOutageError', 'recovered']);
      expect(observed.discovery.outage).toBeUndefined();
    },
  );

  test('for one kind of addresses: those stay, the others are followed', async () => {
    const { server, observed } = await withAddresses(['192.0.2.1']);

    server.addresses(name, 'AAAA', ['::1']);
    await observed.sees('ws://192.0.2.1:4600/', 'ws://[::1]:4600/');
    server.set(name, 'AAAA', 'SERVFAIL');
    await observed.told('DiscoveryOutageError');
    server.addresses(name, 'A', ['192.0.2.2']);
    await observed.sees('ws://192.0.2.2:4600/', 'ws://[::1]:4600/');
  });

  test('at the beginning: it waits', async () => {
    const server = await DnsServer.start();

    server.set(name, 'A', 'SERVFAIL');
    server.set(name, 'AAAA', 'SERVFAIL');

    const observed = observe(server, `dns://${name}:4600`);
    const started = observed.discovery.start();

    await observed.told('DiscoveryOutageError');
    expect(observed.lists).toEqual([]);
    server.addresses(name, 'A', ['192.0.2.1']);
    await started;
    expect(observed.urls).toEqual(['ws://192.0.2.1:4600/']);
  });

  test('is not waited for when it is closed', async () => {
    const server = await DnsServer.start();

    server.set(name, 'A', 'silence');
    server.set(name, 'AAAA', 'silence');

    const url = `dns://${name}:4600`;
    const options = { timeout: 60_000, servers: [server.address] };
    const app = await AppProcess.start(asking, url, JSON.stringify(options));

    await until('a question', () => server.asked.A > 0 && server.asked.AAAA > 0);
    app.tell('close');
    // Nothing of it is left to do.
    await expect(app.ended()).resolves.toBe(0);
    expect(app.lines).toEqual(['ready', 'DiscoveryClosedError', 'closed']);
  });
});

describe('an answer with nothing in it', () => {
  test.each(['empty', 'NXDOMAIN'] as const)(
    '%s: counts when it has come several times in a row',
    async (kind) => {
      const nothing = kind === 'empty' ? [] : kind;
      const server = await DnsServer.start();

      server.addresses(name, 'A', ['192.0.2.1']);
      server.set(name, 'AAAA', nothing);

      const observed = observe(server, `dns://${name}:4600`, { emptyAnswers: 20 });

      await observed.discovery.start();
      server.set(name, 'A', nothing);
      await lookups(server, 5);
      expect(observed.urls).toEqual(['ws://192.0.2.1:4600/']);
      // In between there was one: it counts from the beginning.
      server.addresses(name, 'A', ['192.0.2.1']);
      await lookups(server, 1);
      server.set(name, 'A', nothing);
      await lookups(server, 17);
      expect(observed.urls).toEqual(['ws://192.0.2.1:4600/']);
      await observed.sees();
      expect(observed.discovery.outage).toBeUndefined();
      // That there is no such name is said each time that this becomes so.
      expect(observed.events).toEqual(
        kind === 'empty' ? [] : ['NameNotFoundError', 'NameNotFoundError'],
      );
    },
  );

  test('at the beginning: there are no hosts, and it is said if there is no such name', async () => {
    const server = await DnsServer.start();
    const observed = observe(server, `dns://nobody.example.com:4600`);

    await observed.discovery.start();
    expect(observed.urls).toEqual([]);
    expect(observed.events).toEqual(['NameNotFoundError']);
  });
});
