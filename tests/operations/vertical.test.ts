import { expect, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { metricsOf } from '../security/support/attempts.js';
import { until } from '../support/events.js';
import { audioProducer, mediaCodecs } from '../support/media.js';
import { consume, plainReceiver, plainSender } from '../support/plain.js';
import { AudioStream } from '../support/rtp.js';

const allCores = ['--vertical', '--vertical-workers', '3', '--placement', 'scatter'];
const always = ['--watermark-node', '100'];
const withHealth = ['--health-port', '0'];

test('a daemon serves all cores as one worker, and shows what is where', async () => {
  const daemon = await ObservedDaemon.start([...allCores, ...always, '--health-port', '0']);
  const { mediasoup } = await ObservedClient.connect(daemon.url);
  const worker = await mediasoup!.createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const sender = await plainSender(router);
  const producer = await sender.transport.produce(audioProducer(1111));
  const receivers = [await plainReceiver(router), await plainReceiver(router)];

  for (const { transport } of receivers) {
    await consume(transport, producer);
  }
  new AudioStream(1111, sender.send).start();
  for (const { peer } of receivers) {
    await until('audio of another worker', () => peer.rtp.length > 0);
  }

  const metrics = await metricsOf(daemon);
  const of = (name: string) =>
    [...metrics].filter(([key]) => key.startsWith(`tureen_vertical_${name}`));

  expect(of('worker_transports').map(([, value]) => value)).toEqual([1, 1, 1]);
  expect(of('pipes')).toEqual([
    ['tureen_vertical_pipes{kind="media"}', 2],
    ['tureen_vertical_pipes{kind="data"}', 0],
  ]);
  expect(of('real_routers')).toEqual([['tureen_vertical_real_routers', 3]]);
  expect(await router.dump()).toMatchObject({
    id: router.id,
    mapProducerIdConsumerIds: [
      { key: producer.id, values: [expect.any(String), expect.any(String)] },
    ],
  });
});

/** A stream that is piped, and the end of whoever wanted it there. */
async function pipedStream(flags: readonly string[]) {
  const daemon = await ObservedDaemon.start([...allCores, ...always, ...flags, ...withHealth]);
  const { mediasoup } = await ObservedClient.connect(daemon.url);
  const router = await (await mediasoup!.createWorker()).createRouter({ mediaCodecs });
  const sender = await plainSender(router);
  const receiver = await plainReceiver(router);
  const consumer = await consume(
    receiver.transport,
    await sender.transport.produce(audioProducer(1111)),
  );
  const metric = async (name: string) => (await metricsOf(daemon)).get(name);
  const pipes = () => metric('tureen_vertical_pipes{kind="media"}');
  const consumers = () => metric('tureen_objects{object="consumer"}');

  expect(await pipes()).toBe(1);

  return { consumer, pipes, consumers };
}

test('--idle-pipe-timeout says how long pipes outlive their use', async () => {
  const kept = await pipedStream(['--idle-pipe-timeout', '3600']);
  const closed = await pipedStream(['--idle-pipe-timeout', '0']);

  kept.consumer.close();
  await until('the daemon to know it', async () => (await kept.consumers()) === 0);
  closed.consumer.close();
  await until('the pipe to go', async () => (await closed.pipes()) === 0);
  // Its use ended before that of the other.
  expect(await kept.pipes()).toBe(1);
});
