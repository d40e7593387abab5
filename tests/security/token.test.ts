import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFrame, subprotocol } from '@tureen/protocol';
import { ConfigurationError, RemoteServer, WebSocketListener } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientOptions } from 'ws';
import { ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { encode, goodHello, RawClient } from '../faults/support/RawClient.js';
import { until } from '../support/events.js';
import { failure, metricsOf, upgrade } from './support/attempts.js';

const token = 'correct-horse-battery';

let folder: string;
let tokenFile: string;
let daemon: ObservedDaemon;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tureen-token-'));
  tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${token}\n`);
  daemon = await ObservedDaemon.startForFile([
    ...['--token-file', tokenFile, '--health-port', '0', '--log-level', 'debug'],
  ]);
});

afterAll(async () => {
  await daemon.endCleanly();
  expect(daemon.stderr).not.toContain(token);
  await rm(folder, { recursive: true });
});

const bearer = (value: string): ClientOptions => ({ headers: { authorization: value } });

describe('refused with 401', () => {
  test.each<[string, (url: string) => Promise<number>]>([
    ['no token', (url) => upgrade(url)],
    ['a wrong token', (url) => upgrade(url, bearer('Bearer wrong'))],
    ['an empty token', (url) => upgrade(url, bearer('Bearer '))],
    ['part of the token', (url) => upgrade(url, bearer(`Bearer ${token.slice(0, -1)}`))],
    ['more than the token', (url) => upgrade(url, bearer(`Bearer ${token}x`))],
    ['the token in capitals', (url) => upgrade(url, bearer(`Bearer ${token.toUpperCase()}`))],
    ['the token without its scheme', (url) => upgrade(url, bearer(token))],
    ['the token as basic authorization', (url) => upgrade(url, bearer(`Basic ${token}`))],
    ['the token as user name', (url) => upgrade(url.replace('//', `//${token}:x@`))],
    ['the token as query', (url) => upgrade(`${url}/?token=${token}`)],
    ['the token as access_token', (url) => upgrade(`${url}/?access_token=${token}`)],
    ['the token as path', (url) => upgrade(`${url}/${token}`)],
    ['the token as subprotocol', (url) => upgrade(url, {}, [subprotocol, token])],
    ['the token as cookie', (url) => upgrade(url, { headers: { cookie: `token=${token}` } })],
    ['the token in another header', (url) => upgrade(url, { headers: { 'x-token': token } })],
    [
      'the token of a proxy',
      (url) => upgrade(url, { headers: { 'proxy-authorization': `Bearer ${token}` } }),
    ],
  ])('%s', async (_what, attempt) => {
    await expect(attempt(daemon.url)).resolves.toBe(401);

    const metrics = await metricsOf(daemon);

    expect(metrics.get('tureen_sessions')).toBe(0);
  });

  test('the token in the hello', async () => {
    await expect(RawClient.connect(daemon.url)).rejects.toThrow(/401/);
  });

  test('a client in a page of a browser, token or not: 403', async () => {
    const headers = { authorization: `Bearer ${token}`, origin: 'https://example.com' };

    await expect(upgrade(daemon.url, { headers })).resolves.toBe(403);
  });

  test('a client of another protocol: 400', async () => {
    await expect(upgrade(daemon.url, bearer(`Bearer ${token}`), 'chat')).resolves.toBe(400);
  });

  test('with an error that the client takes as final, and that tells no token', async () => {
    const error = await failure(daemon.url, { token: 'wrong-horse' });

    expect(error).toMatchObject({ name: 'AuthenticationError' });
    expect(String(error) + String(error.stack)).not.toMatch(/horse/);
  });
});

test('the client refuses a URL with a password in it, without telling it', async () => {
  const url = daemon.url.replace('//', `//user:${token}@`);

  expect(() => new ObservedClient(url)).toThrow(/credentials/);
  expect(() => new ObservedClient(url)).not.toThrow(token);
});

test('the right token is let in, in any spelling of its scheme', async () => {
  await expect(upgrade(daemon.url, bearer(`Bearer ${token}`))).resolves.toBe(101);
  await expect(upgrade(daemon.url, bearer(`bearer ${token}`))).resolves.toBe(101);
});

test('a token is presented for each connection, those that resume included', async () => {
  const owner = await RawClient.greet(daemon.url, token);
  const { id, secret } = owner.welcome!.session;

  await expect(RawClient.connect(daemon.url)).rejects.toThrow(/401/);

  const again = await RawClient.connect(daemon.url, token);

  again.sendRaw(
    encodeFrame(0, 0, [
      encode([0, { ...goodHello, resume: { id, secret, received: owner.messages.length } }]),
    ]),
  );
  await until('a welcome', () => again.welcome);
  expect(again.welcome).toMatchObject({ resumed: true });
});

test('a new token takes the place of the old one while sessions go on', async () => {
  const own = join(folder, 'rotated');

  await writeFile(own, 'first-token\n');

  const rotated = await ObservedDaemon.start(['--token-file', own, '--log-level', 'debug']);
  const client = await ObservedClient.connect(rotated.url, { token: 'first-token' });
  const worker = await client.mediasoup.createWorker();

  await writeFile(own, 'second-token\n');
  await until('the new token', () => rotated.logged('token replaced').length === 1);
  await expect(upgrade(rotated.url, bearer('Bearer first-token'))).resolves.toBe(401);
  await expect(upgrade(rotated.url, bearer('Bearer second-token'))).resolves.toBe(101);
  await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });

  const refusals = () =>
    rotated.logged('changed token cannot be used; going on with the old one').length;

  // A broken file, and then none at all: what was valid stays so.
  await writeFile(own, 'two words\n');
  await until('the broken token to be told', () => refusals() === 1);
  await expect(upgrade(rotated.url, bearer('Bearer second-token'))).resolves.toBe(101);
  await unlink(own);
  await until('the missing token to be told', () => refusals() === 2);
  await expect(upgrade(rotated.url)).resolves.toBe(401);
  await expect(upgrade(rotated.url, bearer('Bearer second-token'))).resolves.toBe(101);

  await writeFile(own, 'third-token\n');
  await until('the third token', () => rotated.logged('token replaced').length === 2);
  await expect(upgrade(rotated.url, bearer('Bearer third-token'))).resolves.toBe(101);
  await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
  expect(client.count('disconnected')).toBe(0);
  expect(rotated.stderr).not.toMatch(/(first|second|third)-token|two words/);
}, 60_000);

test('old and new tokens overlap: nobody is refused while they are replaced', async () => {
  const own = join(folder, 'overlapping');
  const accepted = async (...tokens: string[]): Promise<number[]> =>
    Promise.all(tokens.map((each) => upgrade(daemon.url, bearer(`Bearer ${each}`))));

  await writeFile(own, 'first-token\n');

  const daemon = await ObservedDaemon.start(['--token-file', own, '--log-level', 'debug']);
  const replaced = (times: number): Promise<void> =>
    until('the new tokens', () => daemon.logged('token replaced').length === times);
  const client = await ObservedClient.connect(daemon.url, { token: 'first-token' });

  // Lines may be empty, and end as on other systems.
  await writeFile(own, 'first-token\r\n\n  second-token  \nthird-token');
  await replaced(1);
  await expect(accepted('first-token', 'second-token', 'third-token')).resolves.toEqual([
    ...[101, 101, 101],
  ]);
  await expect(
    accepted('first-token second-token', 'first-token\tsecond-token', 'fourth-token'),
  ).resolves.toEqual([401, 401, 401]);
  await expect(upgrade(daemon.url)).resolves.toBe(401);

  // A line that is none leaves all of them as they were.
  await writeFile(own, 'second-token\ntwo words\n');
  await until(
    'the broken file to be told',
    () => daemon.logged('changed token cannot be used; going on with the old one').length === 1,
  );
  await expect(accepted('first-token', 'third-token')).resolves.toEqual([101, 101]);

  await writeFile(own, 'second-token\n');
  await replaced(2);
  await expect(accepted('first-token', 'second-token', 'third-token')).resolves.toEqual([
    ...[401, 101, 401],
  ]);
  expect(client.count('disconnected')).toBe(0);
  expect(daemon.stderr).not.toMatch(/(first|second|third)-token/);
}, 60_000);

test.each<[string, string | string[]]>([
  ['an empty token', ''],
  ['no token in a list', []],
  ['an empty token in a list', ['good', '']],
])('%s is no way to let everybody in', (_what, none) => {
  const server = new RemoteServer({ mediasoup });
  const listener = new WebSocketListener(server, { token: 'good' });

  expect(() => new WebSocketListener(server, { token: none })).toThrow(ConfigurationError);
  expect(() => listener.setToken(none)).toThrow(ConfigurationError);
});
