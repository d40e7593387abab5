import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { redisHosts } from '@tureen/discovery';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';
import { ObservedDiscovery } from './support/ObservedDiscovery.js';
import { RedisServer } from './support/RedisServer.js';
import { registered } from './support/registering.js';

const good = { epoch: 5, lease: 60_000, url: 'ws://h:4600' };
const far = 9e15;
const bad: Record<string, string> = {
  garbage: '{"id": ',
  nothing: 'null',
  list: '[1, 2]',
  number: '7',
  'other-id': JSON.stringify({ ...good, id: 'a' }),
  'no-url': JSON.stringify({ ...good, id: 'no-url', url: undefined }),
  'http-url': JSON.stringify({ ...good, id: 'http-url', url: 'http://h' }),
  'password-url': JSON.stringify({ ...good, id: 'password-url', url: 'ws://u:secret@h' }),
  'url-object': JSON.stringify({ ...good, id: 'url-object', url: { href: 'ws://h' } }),
  'epoch-text': JSON.stringify({ ...good, id: 'epoch-text', epoch: '9' }),
  'epoch-huge': JSON.stringify({ ...good, id: 'epoch-huge', epoch: 1e300 }),
  'lease-never': JSON.stringify({ ...good, id: 'lease-never', lease: 1e300 }),
  'tags-list': JSON.stringify({ ...good, id: 'tags-list', tags: ['eu'] }),
  'tags-deep': JSON.stringify({ ...good, id: 'tags-deep', tags: { region: { name: 'eu' } } }),
  'load-text': JSON.stringify({ ...good, id: 'load-text', load: { cpu: 'much' } }),
  'draining-text': JSON.stringify({ ...good, id: 'draining-text', draining: 'yes' }),
  deep: '['.repeat(8000) + ']'.repeat(8000),
  huge: JSON.stringify({ ...good, id: 'huge', tags: { much: 'x'.repeat(4e6) } }),
};

describe('records that somebody else has written', () => {
  test('are ignored, each is an error once, and the others are found', async () => {
    const redis = await RedisServer.start();
    const client = await redis.client();

    await registered(redis.url, 'a');
    for (const [id, record] of Object.entries(bad)) {
      await client.hSet('tureen:hosts', id, record);
      await client.zAdd('tureen:leases', { value: id, score: far });
    }
    await client.zAdd('tureen:leases', { value: 'without-record', score: far });
    await client.zAdd('tureen:leases', { value: 'x'.repeat(1e6), score: Infinity });

    const observed = await ObservedDiscovery.start(redisHosts(redis.url, { interval: 50 }));
    const count = Object.keys(bad).length + 2;

    expect(observed.ids).toBe('a');
    expect(observed.events).toEqual(Array<string>(count).fill('InvalidHostError'));
    expect(observed.errors.map(String).join()).not.toContain('secret');
    // Later looks have nothing new to say.
    await registered(redis.url, 'b');
    await observed.sees('a', 'b');
    expect(observed.events).toHaveLength(count);

    // What is put right is found, what becomes wrong in another way is told.
    await client.hSet('tureen:hosts', 'garbage', JSON.stringify({ ...good, id: 'garbage' }));
    await observed.sees('a', 'b', 'garbage');
    await client.hSet('tureen:hosts', 'nothing', '{}');
    await observed.told('InvalidHostError', count + 1);
  });

  test('of other types are removed by those who register', async () => {
    const redis = await RedisServer.start();
    const client = await redis.client();

    await registered(redis.url, 'a');

    const observed = await ObservedDiscovery.start(redisHosts(redis.url, { interval: 50 }));

    // All at once: half of it mended, while the rest is there still, would be another story.
    await client
      .multi()
      .set('tureen:leases', 'not a sorted set')
      .del('tureen:hosts')
      .lPush('tureen:hosts', 'not a hash')
      .del('tureen:epoch:a')
      .hSet('tureen:epoch:a', 'not', 'a text')
      .exec();
    await until('order', async () => (await client.type('tureen:hosts')) === 'hash');
    await registered(redis.url, 'b');
    await observed.sees('a', 'b');
    expect(observed.lists).toEqual(['a', 'a b']);
  });

  test('in the channel are of no consequence', async () => {
    const redis = await RedisServer.start();
    const client = await redis.client();

    await registered(redis.url, 'a');

    const observed = await ObservedDiscovery.start(redisHosts(redis.url, { interval: 60_000 }));

    for (const message of ['', '-', '-a', '+', '-nobody', 'x'.repeat(1e6), '\0\r\n']) {
      await client.publish('tureen:changes', message);
    }
    await registered(redis.url, 'b');
    await observed.sees('a', 'b');
    expect(observed.lists).toEqual(['a', 'a b']);
    expect(observed.events).toEqual([]);
  });
});

/** Speaks Redis' protocol, and answers scripts with whatever the test says. */
async function pretender(answers: { script: string }): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      for (const [, command] of String(data).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        socket.write(replyTo(command!.toUpperCase(), answers.script));
      }
    });
  }).listen(0, '127.0.0.1');

  onTestFinished(async () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
    await once(server, 'close');
  });
  await once(server, 'listening');

  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function replyTo(command: string, script: string): string {
  switch (command) {
    case 'SUBSCRIBE':
      return '*3\r\n$9\r\nsubscribe\r\n$14\r\ntureen:changes\r\n:1\r\n';
    case 'EVAL':
      return script;
    default:
      return '+OK\r\n';
  }
}

const listOf = (id: string, left: string): string => {
  const record = JSON.stringify({ ...good, id });
  const texts = [id, left, record].map((text) => `$${text.length}\r\n${text}\r\n`);

  return `*1\r\n*3\r\n${texts.join('')}`;
};

describe('a Redis whose answers make no sense', () => {
  test.each([
    ['a number', ':1\r\n'],
    ['nothing', '$-1\r\n'],
    ['a list of nothing', '*1\r\n*-1\r\n'],
  ])('%s: that is an outage, and not the end', async (_, answer) => {
    const answers = { script: listOf('a', '9000') };
    const url = await pretender(answers);
    const observed = await ObservedDiscovery.start(redisHosts(url, { interval: 30 }));

    expect(observed.ids).toBe('a');
    answers.script = answer;
    await observed.told('DiscoveryOutageError');
    expect(observed.ids).toBe('a');
    answers.script = listOf('b', '9000');
    await observed.told('recovered');
    await observed.sees('a', 'b');
    expect(observed.events).toEqual(['DiscoveryOutageError', 'recovered']);
  });

  test('a lease without a time: the host is ignored', async () => {
    const url = await pretender({ script: listOf('a', 'soon') });
    const observed = await ObservedDiscovery.start(redisHosts(url, { interval: 30 }));

    expect(observed.ids).toBe('');
    expect(observed.events).toEqual(['InvalidHostError']);
  });
});
