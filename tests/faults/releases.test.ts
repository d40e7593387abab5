import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs } from '../support/media.js';
import { MemoryHost, objectsOf } from '../resume/MemoryHost.js';
import { makeRoom, type Room } from './support/clients.js';

/*
 * What has closed is forgotten by the server as soon as nothing can be said of it any more, in
 * whatever order calls, closes and answers meet. All of these end with nothing but what is open.
 */

const orders: [string, (room: Room) => unknown[]][] = [
  ['nothing under way', ({ worker }) => [worker.close()]],
  [
    'a call under way on each',
    ({ worker, router, transport, producer, consumer }) => [
      worker.dump(),
      router.dump(),
      transport.dump(),
      producer.dump(),
      consumer.dump(),
      worker.close(),
    ],
  ],
  [
    'calls that come after the close',
    ({ worker, router, transport, producer, consumer }) => [
      worker.close(),
      worker.dump(),
      router.dump(),
      transport.dump(),
      producer.pause(),
      consumer.getStats(),
    ],
  ],
  [
    'one closed after the other, from below, each with a call under way',
    ({ worker, router, transport, producer, receiver, consumer }) =>
      [consumer, producer, receiver, transport, router, worker].flatMap((object) => [
        object.dump(),
        object.close(),
        object.dump(),
      ]),
  ],
  [
    'one closed after the other, from above',
    ({ worker, router, transport, producer, consumer }) =>
      [worker, router, transport, producer, consumer].flatMap((object) => [
        object.close(),
        object.dump(),
      ]),
  ],
  [
    'the producer closed by a close of its transport, with its consumer being asked',
    ({ consumer, transport, worker }) => [
      consumer.dump(),
      transport.close(),
      consumer.dump(),
      consumer.close(),
      consumer.dump(),
      worker.close(),
    ],
  ],
  [
    'objects created while their owners close',
    ({ worker, router, transport, producer }) => [
      worker.createRouter(),
      router.createDirectTransport(),
      transport.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities }),
      transport.close(),
      router.createAudioLevelObserver(),
      router.close(),
      worker.createWebRtcServer({ listenInfos: [loopback] }),
      worker.close(),
    ],
  ],
];

describe('what has closed is forgotten', () => {
  test.each(orders)('with %s', async (_what, act) => {
    const host = await MemoryHost.start();

    await Promise.allSettled(act(await makeRoom(host.mediasoup)));
    await host.untilEmpty();
  });

  test.each(orders)('with %s, though the answers are slow', async (_what, act) => {
    const host = await MemoryHost.start();
    const room = await makeRoom(host.mediasoup);
    const fence = host.connection.server.fence();
    const acting = Promise.allSettled(act(room));

    await fence.reached();
    // The server is done with all of it by now, or has it under way.
    await until('calls to be answered', () => host.server.state.callsInFlight === 0);
    fence.release();
    await acting;
    await host.untilEmpty();
  });

  test('when a worker dies with calls under way', async () => {
    const host = await MemoryHost.start();
    const { worker, router, consumer } = await makeRoom(host.mediasoup);
    const calls = [worker.dump(), router.dump(), consumer.dump(), router.createDirectTransport()];
    const settled = Promise.allSettled(calls);

    process.kill(worker.pid, 'SIGKILL');
    await settled;
    await Promise.allSettled([worker.dump(), consumer.pause()]);
    await host.untilEmpty();
  });

  test('when producers close under their consumers, again and again', async () => {
    const host = await MemoryHost.start();
    const worker = await host.mediasoup.createWorker();
    const router = await worker.createRouter({ mediaCodecs });
    const transport = await router.createPlainTransport({ listenInfo: loopback });
    const receiver = await router.createDirectTransport();
    const open = objectsOf(host.server);

    for (let round = 1; round <= 20; round += 1) {
      const producer = await transport.produce(audioProducer(round));
      const options = { producerId: producer.id, rtpCapabilities: router.rtpCapabilities };
      const consumers: types.Consumer[] = [
        await receiver.consume(options),
        await receiver.consume(options),
      ];
      const asked = Promise.allSettled(consumers.map((consumer) => consumer.getStats()));

      producer.close();
      consumers[0]!.close();
      await asked;
      await until('both to be closed', () => consumers.every(({ closed }) => closed));
    }
    await until('all of them to be forgotten', () => objectsOf(host.server) === open);
  });

  test('when more of it is closed than the server remembers', async () => {
    const host = await MemoryHost.start();
    const { worker, router } = await makeRoom(host.mediasoup);
    const first = await router.createDirectTransport();
    const open = objectsOf(host.server) - 1;

    first.close();
    for (let round = 0; round < 30; round += 1) {
      const transports = await Promise.all(
        Array.from({ length: 50 }, () => router.createDirectTransport()),
      );

      transports.forEach((transport) => transport.close());
    }
    await until('all of them to be forgotten', () => objectsOf(host.server) === open);
    // As from one that it remembers.
    await expect(first.dump()).rejects.toThrow(host.mediasoup.errors.NotFoundError);
    await expect(worker.dump()).resolves.toMatchObject({});
  });
});
