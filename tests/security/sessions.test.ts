import { randomBytes } from 'node:crypto';
import { encodeFrame } from '@tureen/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeRoom, ObservedClient, type Room } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { encode, goodHello, RawClient } from '../faults/support/RawClient.js';
import { until } from '../support/events.js';
import { loopback, mediaCodecs } from '../support/media.js';
import { metricsOf } from './support/attempts.js';

let daemon: ObservedDaemon;
let bystander: ObservedClient;
let room: Room;

beforeAll(async () => {
  daemon = await ObservedDaemon.startForFile([
    ...['--health-port', '0', '--log-level', 'debug', '--resume-window', '60'],
  ]);
});

afterAll(async () => {
  await daemon.endCleanly();
});

async function furnish(): Promise<void> {
  const connected = await ObservedClient.connect(daemon.url);

  bystander = connected;
  room = await makeRoom(connected.mediasoup);
}

async function unharmed(): Promise<void> {
  await expect(room.consumer.dump()).resolves.toMatchObject({ id: room.consumer.id });
  expect(bystander.count('disconnected')).toBe(0);
  expect(room.worker.closed).toBe(false);
}

/** Says hello with a session to resume, and gives the answer. */
async function resume(request: unknown): Promise<RawClient> {
  const client = await RawClient.connect(daemon.url);

  client.sendRaw(encodeFrame(0, 0, [encode([0, { ...goodHello, resume: request }])]));
  await until('an answer', () => client.welcome ?? client.closed);

  return client;
}

describe("another's session", () => {
  test('is not resumed by its id without its secret, and does not notice', async () => {
    await furnish();

    const victim = await RawClient.greet(daemon.url);
    const { id, secret } = victim.welcome!.session;
    const guesses = [
      randomBytes(32).toString('base64url'),
      '',
      secret.slice(0, -1),
      `${secret}A`,
      secret.toUpperCase(),
      id,
    ];

    for (const guess of guesses) {
      const thief = await resume({ id, secret: guess, received: 0 });

      // A session of its own, as for one whose session has ended.
      expect(thief.welcome).toMatchObject({ resumed: false });
      expect(thief.welcome!.session.id).not.toBe(id);
      thief.send([4]);
    }
    await expect(victim.call(0, 'getStats')).resolves.toBeTypeOf('object');
    expect(victim.closed).toBeUndefined();
    await unharmed();
  });

  test('is not resumed with the secret of one of the own', async () => {
    await furnish();

    const victim = await RawClient.greet(daemon.url);
    const own = await RawClient.greet(daemon.url);
    const thief = await resume({
      id: victim.welcome!.session.id,
      secret: own.welcome!.session.secret,
      received: 0,
    });

    expect(thief.welcome).toMatchObject({ resumed: false });
    await expect(victim.call(0, 'getStats')).resolves.toBeTypeOf('object');
  });

  test('is not resumed once it has ended, whoever says so', async () => {
    const victim = await RawClient.greet(daemon.url);
    const { id, secret } = victim.welcome!.session;

    victim.send([4]);
    await victim.closedByServer();

    const thief = await resume({ id, secret, received: 0 });

    expect(thief.welcome).toMatchObject({ resumed: false });
  });

  test('with its id is not found by guessing', async () => {
    await furnish();

    const before = (await metricsOf(daemon)).get('tureen_resumes_total') ?? 0;
    const guess = (): string => randomBytes(16).toString('base64url');
    const client = await RawClient.greet(daemon.url);
    const ids = ['', '0', '1', '__proto__', 'constructor', client.welcome!.session.id.slice(1)];

    for (const id of [...ids, ...Array.from({ length: 100 }, guess)]) {
      const thief = await resume({ id, secret: guess(), received: 0 });

      expect(thief.welcome).toMatchObject({ resumed: false });
      thief.send([4]);
    }
    expect((await metricsOf(daemon)).get('tureen_resumes_total') ?? 0).toBe(before);
    await unharmed();
  });

  test('has an id and a secret that nobody can guess: all differ, and none is short', async () => {
    const keys = new Set<string>();

    for (let index = 0; index < 20; index += 1) {
      const client = await RawClient.greet(daemon.url);
      const { id, secret } = client.welcome!.session;

      expect(Buffer.from(id, 'base64url').length).toBeGreaterThanOrEqual(16);
      expect(Buffer.from(secret, 'base64url').length).toBeGreaterThanOrEqual(32);
      keys.add(id).add(secret);
      client.send([4]);
    }
    expect(keys.size).toBe(40);
  });

  test('is not seen or closed through its handles', async () => {
    await furnish();

    const client = await RawClient.greet(daemon.url);

    // Whatever handles the other session has, here they are nothing.
    for (let handle = 1; handle < 30; handle += 1) {
      await expect(client.call(handle, 'dump')).rejects.toMatchObject({ name: 'NotFoundError' });
      client.notify(handle, 'close');
    }
    await unharmed();
  });

  test("cannot be consumed from by a producer's id, nor joined by a server's handle", async () => {
    await furnish();

    const client = await RawClient.greet(daemon.url);

    await client.call(0, 'createWorker', [{}], 1);
    await client.call(1, 'createRouter', [{ mediaCodecs }], 2);
    await client.call(2, 'createDirectTransport', [{}], 3);
    await expect(
      client.call(
        3,
        'consume',
        [{ producerId: room.producer.id, rtpCapabilities: room.router.rtpCapabilities }],
        4,
      ),
    ).rejects.toThrow(/not found/);
    await expect(
      client.call(
        3,
        'consume',
        [{ producerId: room.producer.id, rtpCapabilities: { $shared: 0 } }],
        5,
      ),
    ).rejects.toThrow();
    await expect(
      client.call(2, 'createWebRtcTransport', [{ webRtcServer: { $handle: 2 } }], 6),
    ).rejects.toThrow();
    await unharmed();
  });
});

describe('a session that is resumed', () => {
  test('leaves the one who had it without it: a copy is not two', async () => {
    const owner = await RawClient.greet(daemon.url);
    const { id, secret } = owner.welcome!.session;
    const again = await resume({ id, secret, received: 0 });

    expect(again.welcome).toMatchObject({ resumed: true });
    await expect(owner.closedByServer()).resolves.toMatchObject({
      reason: expect.stringMatching(/newer connection/),
    });
  });

  test.each([
    [{ id: 'x' }],
    [{ id: 'x', secret: 'y' }],
    [{ id: 'x', secret: 'y', received: -1 }],
    [{ id: 'x', secret: 'y', received: 0.5 }],
    [{ id: ['x'], secret: 'y', received: 0 }],
    [{ id: 'x', secret: { length: 43 }, received: 0 }],
    [[]],
    ['x'],
    [true],
  ])('is not begun with %j', async (request) => {
    const client = await resume(request);

    expect(client.welcome).toBeUndefined();
    await client.closedByServer();
  });

  test('is over when its client claims to have got what was never sent', async () => {
    const owner = await RawClient.greet(daemon.url);
    const { id, secret } = owner.welcome!.session;

    await owner.call(0, 'createWorker', [{}], 1);
    owner.drop();

    const again = await resume({ id, secret, received: Number.MAX_SAFE_INTEGER });

    await again.closedByServer();
    expect((await resume({ id, secret, received: 0 })).welcome).toMatchObject({ resumed: false });
  });
});

describe('worker settings', () => {
  test.each<[string, object]>([
    ['workerBin', { workerBin: '/bin/sh' }],
    ['workerBin by another path', { workerBin: '/usr/../bin/sh' }],
    ['workerBin that is not text', { workerBin: ['/bin/sh'] }],
    ['a DTLS certificate file', { dtlsCertificateFile: '/etc/passwd' }],
    ['a DTLS key file', { dtlsPrivateKeyFile: '/etc/shadow' }],
    ['field trials', { libwebrtcFieldTrials: 'WebRTC-Bwe-AlrLimitedBackoff/Enabled/' }],
    ['field trials that crash a worker', { libwebrtcFieldTrials: 'x' }],
  ])('%s: refused by name, and nothing has been started', async (_what, settings) => {
    await furnish();

    const workers = daemon.workers;
    const key = Object.keys(settings)[0] as string;

    await expect(bystander.client.mediasoup!.createWorker(settings)).rejects.toMatchObject({
      name: 'SettingRefusedError',
      message: expect.stringContaining(key),
    });
    // Those of tests before may go meanwhile.
    expect(daemon.workers.filter((pid) => !workers.includes(pid))).toEqual([]);
    await unharmed();
  });

  test.each(['/etc/hostname', '../../etc/hostname', 'file:///etc/hostname', '\0'])(
    'no option reads the file %j or tells what is in it',
    async (path) => {
      await furnish();

      const mediasoup = bystander.client.mediasoup!;

      for (const key of ['dtlsCertificateFile', 'dtlsPrivateKeyFile', 'workerBin'] as const) {
        const error = await mediasoup.createWorker({ [key]: path }).catch((reason) => reason);

        expect(error).toMatchObject({ name: 'SettingRefusedError' });
        expect(error.message).not.toContain(path);
      }
      await unharmed();
    },
  );

  test('what the operator allowed is allowed, and only exactly that', async () => {
    const trials = 'WebRTC-Bwe-AlrLimitedBackoff/Disabled/';
    const lenient = await ObservedDaemon.start(['--allow-field-trials', trials]);
    const { mediasoup } = await ObservedClient.connect(lenient.url);

    await expect(mediasoup.createWorker({ libwebrtcFieldTrials: trials })).resolves.toBeDefined();
    await expect(
      mediasoup.createWorker({ libwebrtcFieldTrials: `${trials}x` }),
    ).rejects.toMatchObject({ name: 'SettingRefusedError' });
  });
});

test('nothing secret is told: not by logs, metrics, errors or URLs', async () => {
  await furnish();

  const owner = await RawClient.greet(daemon.url);
  const { id, secret } = owner.welcome!.session;

  // Whatever may bring it up: a resume, one that fails, a breach, an end.
  const again = await resume({ id, secret, received: 0 });

  await resume({ id, secret: `${secret}x`, received: 0 });
  await resume({ id, secret, received: -1 });
  again.send([1, 'no id', secret]);
  await again.closedByServer();

  const failed = await RawClient.greet(daemon.url);

  await expect(failed.call(0, 'createWorker', [{ workerBin: '/bin/sh' }], 1)).rejects.toThrow();
  await failed.call(0, 'createWorker', [{}], 2);
  await failed.call(2, 'createRouter', [{}], 3);
  await failed
    .call(3, 'createWebRtcTransport', [{ listenInfos: [{ ...loopback, ip: '192.0.2.1' }] }], 4)
    .catch((error: Error) => expect(error.message).not.toMatch(/node_modules|\/src\/|\/dist\//));

  const metrics = [...(await metricsOf(daemon)).keys()].join('\n');
  const said = daemon.stdout + daemon.stderr + metrics;

  for (const session of [owner, failed]) {
    expect(said).not.toContain(session.welcome!.session.secret);
  }
  expect(said).not.toContain(secret);
  expect(JSON.stringify(failed.messages)).not.toMatch(/"stack"/);
  onTestFinished(() => failed.drop());
});
