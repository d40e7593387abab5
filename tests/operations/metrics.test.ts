import { expect, onTestFinished, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { metricsOf } from '../security/support/attempts.js';
import { until } from '../support/events.js';
import { mediaCodecs, videoProducer } from '../support/media.js';
import { plainSender } from '../support/plain.js';
import { RtpStream, type Send } from '../support/rtp.js';
import { TcpProxy } from '../support/TcpProxy.js';

const withHealth = ['--health-port', '0'];

async function value(daemon: ObservedDaemon, name: string): Promise<number | undefined> {
  return (await metricsOf(daemon)).get(`tureen_${name}`);
}

test('round trips are measured though clients ping as well', async () => {
  const daemon = await ObservedDaemon.start(withHealth);

  await ObservedClient.connect(daemon.url);
  await until(
    'round trips',
    async () => ((await value(daemon, 'round_trip_seconds_count')) ?? 0) > 1,
  );

  const metrics = await metricsOf(daemon);

  expect(metrics.get('tureen_round_trip_seconds_sum')).toBeGreaterThan(0);
  expect(metrics.get('tureen_round_trip_seconds_bucket{le="2.5"}')).toBeGreaterThan(0);
});

test('a round trip lasts as long as the network takes', async () => {
  const daemon = await ObservedDaemon.start(withHealth);
  const proxy = await TcpProxy.start(daemon.url);

  onTestFinished(() => proxy.close());
  await ObservedClient.connect(proxy.url);
  proxy.delay(300);
  await until(
    'a long one',
    async () => ((await value(daemon, 'round_trip_seconds_sum')) ?? 0) > 0.5,
  );
});

test('worker processes are counted whoever they belong to, and those that die', async () => {
  const daemon = await ObservedDaemon.start(withHealth);
  const { client, mediasoup } = await ObservedClient.connect(daemon.url);
  const [killed, closed] = [await mediasoup.createWorker(), await mediasoup.createWorker()];

  await mediasoup.createWorker();
  expect(await value(daemon, 'worker_processes')).toBe(3);
  expect(await value(daemon, 'worker_deaths_total')).toBe(0);
  process.kill(killed.pid, 'SIGKILL');
  closed.close();
  await until('two to go', async () => (await value(daemon, 'worker_processes')) === 1);
  expect(await value(daemon, 'worker_deaths_total')).toBe(1);

  client.close();
  await until('the last one to go', async () => (await value(daemon, 'worker_processes')) === 0);
  expect(await value(daemon, 'worker_deaths_total')).toBe(1);
});

test('real workers behind one are counted', async () => {
  const daemon = await ObservedDaemon.start([
    ...withHealth,
    ...['--vertical', '--vertical-workers', '2', '--placement', 'scatter'],
    ...['--watermark-node', '100'],
  ]);
  const { client, mediasoup } = await ObservedClient.connect(daemon.url);
  const router = await (await mediasoup.createWorker()).createRouter({ mediaCodecs });

  await plainSender(router);
  await plainSender(router);
  await until('two real ones', async () => (await value(daemon, 'worker_processes')) === 2);
  expect(await value(daemon, 'objects{object="worker"}')).toBe(1);
  client.close();
  await until('no real ones', async () => (await value(daemon, 'worker_processes')) === 0);
});

test('readiness is a figure, too', async () => {
  const daemon = await ObservedDaemon.start([...withHealth, '--drain-timeout', '60']);
  const { mediasoup } = await ObservedClient.connect(daemon.url);
  const worker = await mediasoup.createWorker();

  expect(await value(daemon, 'ready')).toBe(1);
  daemon.signal('SIGTERM');
  await until('it to be seen', async () => (await value(daemon, 'ready')) === 0);
  worker.close();
  await daemon.ended();
});

test('memory, CPU and network of the host are told', async () => {
  const daemon = await ObservedDaemon.start(withHealth);
  const first = await metricsOf(daemon);
  const of = (name: string) => first.get(`tureen_host_${name}`)!;

  expect(of('memory_available_bytes')).toBeGreaterThan(1e6);
  expect(of('memory_bytes')).toBeGreaterThan(of('memory_available_bytes'));
  expect(of('cpu_busy_seconds_total')).toBeGreaterThan(0);
  expect(of('cpu_seconds_total')).toBeGreaterThan(of('cpu_busy_seconds_total'));
  expect(of('udp_receive_errors_total')).toBeGreaterThanOrEqual(0);
  await until(
    'the CPU time to grow',
    async () => (await value(daemon, 'host_cpu_seconds_total'))! > of('cpu_seconds_total'),
  );
});

const transportWideId = 5;

/** Numbers its packets by transport-cc, as browsers do. */
class NumberedStream extends RtpStream {
  #number = 0;

  constructor(ssrc: number, send: Send) {
    super(ssrc, 90_000, 96, 10, send);
  }

  protected nextFrame() {
    const number = Buffer.alloc(2);

    number.writeUInt16BE(this.#number++);

    return {
      payload: Buffer.from([0x10, 0, 0, 0]),
      marker: true,
      extensions: [{ id: transportWideId, payload: number }],
    };
  }

  /** Loses packets of both numberings. */
  override skip(count: number): void {
    super.skip(count);
    this.#number += count;
  }
}

test('the share of packets that got lost is told, of those who number them', async () => {
  const daemon = await ObservedDaemon.start(withHealth);
  const { mediasoup } = await ObservedClient.connect(daemon.url);
  const router = await (await mediasoup.createWorker()).createRouter({ mediaCodecs });
  const sender = await plainSender(router);
  const options = videoProducer(7777);
  const { codecs, headerExtensions } = options.rtpParameters;

  codecs[0]!.rtcpFeedback!.push({ type: 'transport-cc' });
  headerExtensions!.push({
    uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    id: transportWideId,
  });
  await sender.transport.produce(options);

  const stream = new NumberedStream(7777, sender.send);
  const received = async (le: string) =>
    (await metricsOf(daemon)).get(
      `tureen_packet_loss_ratio_bucket{le="${le}",direction="received"}`,
    ) ?? 0;

  // A quarter of them.
  await until('the loss to be told', async () => {
    for (let count = 0; count < 30; count += 1) {
      stream.sendNext();
      if (count % 3 === 0) stream.skip(1);
    }

    return (await received('0.5')) > (await received('0.1'));
  });
});
