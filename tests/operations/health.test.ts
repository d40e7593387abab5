import { expect, onTestFinished, test } from 'vitest';
import { makeRoom, ObservedClient } from '../faults/support/clients.js';
import { isListening, ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { goodHello, RawClient } from '../faults/support/RawClient.js';
import { healthOf, metricsOf, upgrade } from '../security/support/attempts.js';
import { DEADLINE, until } from '../support/events.js';
import { plainSender } from '../support/plain.js';
import { audioProducer } from '../support/media.js';
import { AudioStream } from '../support/rtp.js';

const withHealth = ['--health-port', '0'];

async function ask(daemon: ObservedDaemon, path: string): Promise<[status: number, text: string]> {
  const response = await fetch(`${healthOf(daemon)}${path}`, {
    signal: AbortSignal.timeout(DEADLINE),
  });

  return [response.status, await response.text()];
}

test('there is no health port unless one is asked for', async () => {
  const daemon = await ObservedDaemon.start();

  expect(daemon.logged('ready')).toMatchObject([{ url: daemon.url }]);
  expect(healthOf(daemon)).toBeUndefined();
});

test('the health port is one of its own, on loopback unless told otherwise', async () => {
  const daemon = await ObservedDaemon.start(withHealth);

  expect(new URL(healthOf(daemon))).toMatchObject({ hostname: '127.0.0.1', protocol: 'http:' });
  expect(new URL(healthOf(daemon)).port).not.toBe(String(daemon.port));

  const elsewhere = await ObservedDaemon.start([...withHealth, '--health-host', '127.0.0.4']);

  expect(new URL(healthOf(elsewhere)).hostname).toBe('127.0.0.4');
  // What clients connect to tells nothing of it, and the health port lets no client in.
  await expect(fetch(`${daemon.url.replace('ws:', 'http:')}/metrics`)).resolves.toMatchObject({
    status: 426,
  });
  await expect(upgrade(healthOf(daemon).replace('http:', 'ws:'))).resolves.not.toBe(101);
});

test('/livez, /readyz, and nothing else', async () => {
  const daemon = await ObservedDaemon.start(withHealth);

  await expect(ask(daemon, '/livez')).resolves.toEqual([200, 'ok\n']);
  await expect(ask(daemon, '/readyz')).resolves.toEqual([200, 'ok\n']);
  for (const path of ['/', '/metrics/', '/livez/../../etc/passwd', '/%2e%2e/etc/passwd']) {
    const [status] = await ask(daemon, path);

    // fetch() resolves the dots of the third itself.
    expect(status).toBe(404);
  }
});

test('a health port that is in use is named', async () => {
  const other = await ObservedDaemon.start(withHealth);
  const { port } = new URL(healthOf(other));
  const daemon = await ObservedDaemon.run(['--port', '0', '--health-port', port]);

  expect(daemon).toMatchObject({ code: 1, stdout: '' });
  expect(daemon.stderr).toMatch(new RegExp(`port ${port} .*in use.*--health-port`));
});

test('/metrics counts what was done', async () => {
  const daemon = await ObservedDaemon.start([...withHealth, '--resume-window', '30']);
  const metric = async (name: string) => (await metricsOf(daemon)).get(`tureen_${name}`);
  const { client, mediasoup } = await ObservedClient.connect(daemon.url);
  const room = await makeRoom(mediasoup);

  for (let count = 0; count < 7; count += 1) await room.router.dump();
  for (let count = 0; count < 3; count += 1) {
    await expect(room.transport.setMaxIncomingBitrate(-1)).rejects.toThrow();
  }
  await expect(room.worker.createRouter({ mediaCodecs: 5 as never })).rejects.toThrow(TypeError);

  const metrics = await metricsOf(daemon);
  const calls = (object: string, method: string, outcome: string) =>
    metrics.get(`tureen_calls_total{object="${object}",method="${method}",outcome="${outcome}"}`) ??
    0;

  expect({
    createWorker: calls('mediasoup', 'createWorker', 'done'),
    createRouter: calls('worker', 'createRouter', 'done'),
    createRouterFailed: calls('worker', 'createRouter', 'failed'),
    dump: calls('router', 'dump', 'done'),
    bitrateFailed: calls('plainTransport', 'setMaxIncomingBitrate', 'failed'),
    bitrate: calls('plainTransport', 'setMaxIncomingBitrate', 'done'),
    consume: calls('directTransport', 'consume', 'done'),
  }).toEqual({
    createWorker: 1,
    createRouter: 1,
    createRouterFailed: 1,
    dump: 7,
    bitrateFailed: 3,
    bitrate: 0,
    consume: 1,
  });
  expect(metrics.get('tureen_call_seconds_count{object="router",method="dump"}')).toBe(7);
  expect(metrics.get('tureen_call_seconds_bucket{le="+Inf",object="router",method="dump"}')).toBe(
    7,
  );
  expect(metrics.get('tureen_sessions')).toBe(1);
  expect(metrics.get('tureen_sessions_detached')).toBe(0);
  expect(metrics.get('tureen_calls_in_flight')).toBe(0);
  expect(metrics.get('tureen_draining')).toBe(0);

  const objects = Object.fromEntries(
    [...metrics].flatMap(([name, value]) => {
      const kind = /^tureen_objects\{object="(\w+)"\}$/.exec(name)?.[1];

      return kind && value > 0 ? [[kind, value]] : [];
    }),
  );

  expect(objects).toEqual({
    worker: 1,
    router: 1,
    plainTransport: 1,
    directTransport: 1,
    producer: 1,
    consumer: 1,
  });

  // Of the worker's process, at the first look already.
  const { pid } = room.worker;

  expect(metrics.get(`tureen_worker_max_resident_bytes{pid="${pid}"}`)).toBeGreaterThan(1e6);
  expect(metrics.get(`tureen_worker_cpu_seconds{pid="${pid}"}`)).toBeGreaterThanOrEqual(0);
  expect(metrics.get('tureen_bytes_total{direction="in"}')).toBeGreaterThan(500);
  expect(metrics.get('tureen_bytes_total{direction="out"}')).toBeGreaterThan(500);
  expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  expect(metrics.has('nodejs_eventloop_lag_seconds')).toBe(true);

  // Events, as many as there were.
  const sender = await plainSender(room.router);
  const producer = await sender.transport.produce(audioProducer(4444));
  const consumer = await room.receiver.consume({
    producerId: producer.id,
    rtpCapabilities: room.router.rtpCapabilities,
  });
  let heard = 0;

  consumer.on('rtp', () => (heard += 1));

  const stream = new AudioStream(4444, sender.send);

  await room.router.dump();
  for (let count = 0; count < 20; count += 1) stream.sendNext();
  await until('the packets', () => heard >= 20);
  await expect(metric('events_total{object="consumer",event="rtp"}')).resolves.toBe(heard);

  // A client without a connection, and what is left when it has gone.
  const raw = await RawClient.greet(daemon.url);

  raw.drop();
  await until('it to be seen as gone', async () => (await metric('sessions_detached')) === 1);
  expect(await metric('sessions')).toBe(2);
  client.close();
  await until('its session to end', async () => (await metric('sessions')) === 1);
  expect(await metric('objects{object="worker"}')).toBe(0);
  expect(await metric(`worker_cpu_seconds{pid="${pid}"}`)).toBeUndefined();
  expect(await metric(`worker_max_resident_bytes{pid="${pid}"}`)).toBeUndefined();
});

test('/metrics counts refusals and resumed sessions', async () => {
  const daemon = await ObservedDaemon.start([...withHealth, '--max-sessions', '1']);
  const first = await RawClient.greet(daemon.url);
  const { id, secret } = first.welcome!.session;
  const second = await RawClient.connect(daemon.url);

  second.hello();
  await second.closedByServer();
  first.drop();

  const again = await RawClient.connect(daemon.url);

  again.hello({
    ...goodHello,
    resume: { id, secret, received: 0 },
  });
  await until('a welcome', () => again.welcome);

  const metrics = await metricsOf(daemon);

  expect(metrics.get('tureen_refusals_total')).toBe(1);
  expect(metrics.get('tureen_resumes_total')).toBe(1);
  expect(metrics.get('tureen_sessions')).toBe(1);
});

test('a worker that hangs keeps no figures but its own', async () => {
  const daemon = await ObservedDaemon.start(withHealth);
  const { mediasoup } = await ObservedClient.connect(daemon.url);
  const [hanging, other] = [await mediasoup.createWorker(), await mediasoup.createWorker()];
  const hangingPid = hanging.pid;

  process.kill(hangingPid, 'SIGSTOP');
  onTestFinished(() => {
    process.kill(hangingPid, 'SIGCONT');
  });

  await until('the figures of the other', async () => {
    const metrics = await metricsOf(daemon);

    expect(metrics.has(`tureen_worker_cpu_seconds{pid="${hangingPid}"}`)).toBe(false);

    return metrics.has(`tureen_worker_cpu_seconds{pid="${other.pid}"}`);
  });
  await expect(ask(daemon, '/readyz')).resolves.toEqual([200, 'ok\n']);
  process.kill(hangingPid, 'SIGCONT');
  await until('its figures', async () =>
    (await metricsOf(daemon)).has(`tureen_worker_cpu_seconds{pid="${hangingPid}"}`),
  );
});

test('the health port closes with the daemon', async () => {
  const daemon = await ObservedDaemon.start(withHealth);
  const health = healthOf(daemon);

  await daemon.endCleanly();
  await expect(isListening(health)).resolves.toBe(false);
});
