import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRoom, ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { until } from '../support/events.js';
import { failure } from './support/attempts.js';
import { Certificates, read, type Certificate } from './support/certificates.js';

let made: Certificates;
let authority: Certificate;
let otherAuthority: Certificate;
let server: Certificate;
let ca: string;

beforeAll(async () => {
  made = await Certificates.make();
  authority = await made.authority('authority');
  otherAuthority = await made.authority('other-authority');
  server = await made.signed('server', authority);
  ca = await readFile(authority.cert, 'utf8');
});

afterAll(() => made.remove());

const tls = ({ cert, key }: Certificate): string[] => ['--cert', cert, '--key', key];

/** The serial number of the certificate that the daemon shows to whoever connects now. */
function shownBy(daemon: ObservedDaemon): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect(
      { host: '127.0.0.1', port: daemon.port, rejectUnauthorized: false },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );

    socket.on('error', reject);
  });
}

describe('TLS', () => {
  test('carries a session from end to end', async () => {
    const daemon = await ObservedDaemon.start(tls(server));

    expect(daemon.url).toMatch(/^wss:/);

    const { mediasoup } = await ObservedClient.connect(daemon.url, { ca });
    const room = await makeRoom(mediasoup);

    await expect(room.consumer.dump()).resolves.toMatchObject({ id: room.consumer.id });
  });

  test('with an authority that the client does not know is refused by the client', async () => {
    const daemon = await ObservedDaemon.start(tls(server));
    const wrong = await readFile(otherAuthority.cert, 'utf8');

    for (const options of [{}, { ca: wrong }]) {
      await expect(failure(daemon.url, options)).resolves.toMatchObject({
        name: 'ConnectionError',
        message: expect.stringMatching(/certificate/),
      });
    }
  });

  test('with an expired certificate of the daemon is refused by the client', async () => {
    const expired = await made.signed('expired-server', authority, -1);
    const daemon = await ObservedDaemon.start(tls(expired));

    await expect(failure(daemon.url, { ca })).resolves.toMatchObject({
      message: expect.stringMatching(/expired/),
    });
  });

  test('is not left out: no session without it, and nothing for older versions', async () => {
    const daemon = await ObservedDaemon.start(tls(server));

    await expect(failure(daemon.url.replace('wss:', 'ws:'), {})).resolves.toMatchObject({
      name: 'ConnectionError',
    });

    const old = tlsConnect({
      ...{ host: '127.0.0.1', port: daemon.port, ca, ciphers: 'DEFAULT@SECLEVEL=0' },
      ...{ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' },
    });

    await expect(
      new Promise((resolve, reject) => old.on('secureConnect', resolve).on('error', reject)),
    ).rejects.toThrow(/protocol version|unsupported protocol|EPROTO|disconnected/i);
  });

  test.each<[string, () => Promise<string[]>, RegExp]>([
    ['a certificate without its key', async () => ['--cert', server.cert], /--key/],
    ['a key without its certificate', async () => ['--key', server.key], /--cert/],
    [
      'a client authority without TLS',
      async () => ['--client-ca', authority.cert],
      /--client-ca needs/,
    ],
    [
      'a key of another certificate',
      async () => tls({ cert: server.cert, key: authority.key }),
      /key/i,
    ],
    [
      'a certificate that is none',
      async () => {
        await writeFile(made.file('nonsense'), 'nonsense');

        return tls({ cert: made.file('nonsense'), key: server.key });
      },
      /PEM|no start line/i,
    ],
    [
      'a certificate that is not there',
      async () => tls({ cert: made.file('missing'), key: server.key }),
      /certificate \S+missing/,
    ],
  ])('does not start with %s', async (_what, args, named) => {
    const { code, stderr, stdout } = await ObservedDaemon.run(['--port', '0', ...(await args())]);

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(named);
    expect(stderr).not.toMatch(/PRIVATE KEY|\n\s+at /);
  });
});

describe('client certificates', () => {
  let mutual: string[];

  beforeAll(() => {
    mutual = [...tls(server), '--client-ca', authority.cert];
  });

  test('let in whom the authority has signed', async () => {
    const daemon = await ObservedDaemon.start(mutual);
    const own = await read(await made.signed('client', authority));
    const { mediasoup } = await ObservedClient.connect(daemon.url, { ca, ...own });
    const worker = await mediasoup.createWorker();

    await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
  });

  test.each<[string, () => Promise<object>]>([
    ['no certificate', async () => ({})],
    [
      'a certificate of another authority',
      async () => read(await made.signed('stranger', otherAuthority)),
    ],
    ['an expired certificate', async () => read(await made.signed('late', authority, -1))],
    [
      'a certificate that it has signed itself',
      async () => read(await made.authority('self-signed')),
    ],
  ])('keep out a client with %s', async (_what, options) => {
    const daemon = await ObservedDaemon.start(mutual);

    await expect(failure(daemon.url, { ca, ...(await options()) })).resolves.toMatchObject({
      name: 'ConnectionError',
    });
    expect(daemon.workers).toEqual([]);
    expect(daemon.logged('client connected')).toEqual([]);
  });

  test('are enough to listen for others, and a token is asked for besides if there is one', async () => {
    const tokenFile = made.file('token');

    await writeFile(tokenFile, 'also-needed');

    const daemon = await ObservedDaemon.start([...mutual, '--token-file', tokenFile]);
    const own = await read(await made.signed('client-and-token', authority));

    await expect(failure(daemon.url, { ca, ...own })).resolves.toMatchObject({
      name: 'AuthenticationError',
    });
    await ObservedClient.connect(daemon.url, { ca, ...own, token: 'also-needed' });

    const everywhere = await ObservedDaemon.start(['--host', '0.0.0.0', ...mutual]);

    expect(everywhere.hasEnded).toBe(false);
  });
});

test('certificates are replaced while sessions go on', async () => {
  const files = { cert: made.file('live.pem'), key: made.file('live.key') };
  const clientCa = made.file('live-ca.pem');
  const replace = async (by: Certificate) => {
    await copyFile(by.key, files.key);
    await copyFile(by.cert, files.cert);
  };
  const of = async (certificate: Certificate) => ({ ca, ...(await read(certificate)) });

  await replace(server);
  await copyFile(authority.cert, clientCa);

  const daemon = await ObservedDaemon.start([
    ...[...tls(files), '--client-ca', clientCa, '--log-level', 'debug'],
  ]);
  const ours = await of(await made.signed('rotating-client', authority));
  const theirs = await of(await made.signed('rotating-stranger', otherAuthority));
  const client = await ObservedClient.connect(daemon.url, ours);
  const worker = await client.mediasoup.createWorker();

  const next = await made.signed('next-server', authority);
  const before = await shownBy(daemon).catch(() => undefined);

  await replace(next);
  await until('the new certificate to be shown', async () => (await shownBy(daemon)) !== before);

  // The next authority of clients: those of the old one are no longer let in.
  await copyFile(otherAuthority.cert, clientCa);

  await until(
    'the other authority to hold',
    async () => {
      const error = await failure(daemon.url, theirs).catch(() => undefined);

      return error === undefined;
    },
    15_000,
  );
  const stranger = await ObservedClient.connect(daemon.url, theirs);

  await expect(failure(daemon.url, ours)).resolves.toMatchObject({ name: 'ConnectionError' });

  // A broken one changes nothing.
  await writeFile(files.cert, 'nonsense');
  await until('the broken certificate to be told', () =>
    daemon.stderr.includes('changed certificate cannot be used; going on with the old one'),
  );
  await stranger.close();
  await ObservedClient.connect(daemon.url, theirs);
  await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
  expect(client.count('disconnected')).toBe(0);
  expect(daemon.stderr).not.toMatch(/PRIVATE KEY/);
}, 60_000);
