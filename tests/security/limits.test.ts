import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { LimitExceededError } from '@tureen/protocol';
import type { types } from 'mediasoup';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { RawClient } from '../faults/support/RawClient.js';
import { MemoryHost } from '../resume/MemoryHost.js';
import { until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs, receiverCapabilities } from '../support/media.js';
import type { Mediasoup } from '../support/targets.js';

type Closable = { close(): void };

interface World {
  mediasoup: Mediasoup;
  worker: types.Worker;
  router: types.Router;
  transport: types.DirectTransport;
  producer: types.Producer;
  dataProducer: types.DataProducer;
}

async function makeWorld(mediasoup: Mediasoup): Promise<World> {
  const worker = await mediasoup.createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createDirectTransport();
  const producer = await transport.produce(audioProducer(1000));
  const dataProducer = await transport.produceData();

  return { mediasoup, worker, router, transport, producer, dataProducer };
}

let ssrc = 1000;

/** What counts against a limit, in each kind that does, and how many of it the world above has. */
const counted: [limit: string, there: number, makers: ((world: World) => Promise<Closable>)[]][] = [
  ['workers', 1, [({ mediasoup }) => mediasoup.createWorker()]],
  ['routers', 1, [({ worker }) => worker.createRouter({ mediaCodecs })]],
  [
    'transports',
    1,
    [
      ({ router }) => router.createDirectTransport(),
      ({ router }) => router.createPlainTransport({ listenInfo: loopback }),
      ({ router }) => router.createPipeTransport({ listenInfo: loopback }),
      ({ router }) => router.createWebRtcTransport({ listenInfos: [loopback] }),
    ],
  ],
  ['webRtcServers', 0, [({ worker }) => worker.createWebRtcServer({ listenInfos: [loopback] })]],
  [
    'rtpObservers',
    0,
    [
      ({ router }) => router.createAudioLevelObserver(),
      ({ router }) => router.createActiveSpeakerObserver(),
    ],
  ],
  [
    'producers',
    2,
    [
      ({ transport }) => transport.produce(audioProducer((ssrc += 1))),
      ({ transport }) => transport.produceData(),
    ],
  ],
  [
    'consumers',
    0,
    [
      ({ transport, producer }) =>
        transport.consume({ producerId: producer.id, rtpCapabilities: receiverCapabilities }),
      ({ transport, dataProducer }) => transport.consumeData({ dataProducerId: dataProducer.id }),
    ],
  ],
];

describe('objects of a session over the limit of', () => {
  test.each(counted)(
    '%s: refused by name, and places become free again',
    async (limit, there, makers) => {
      const most = there + 4;
      const host = await MemoryHost.start({ limits: { [limit]: most } });
      const world = await makeWorld(host.mediasoup);
      const make = (index: number): Promise<Closable> =>
        (makers[index % makers.length] as (world: World) => Promise<Closable>)(world);
      // Together: those that are to come count too.
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => make(index)),
      );
      const made = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));

      expect(made).toHaveLength(4);
      for (const outcome of outcomes.slice(4)) {
        expect(outcome).toMatchObject({
          reason: {
            name: new LimitExceededError().name,
            message: expect.stringContaining(`${most} ${limit}`) as string,
          },
        });
      }
      for (let index = 0; index < makers.length; index += 1) {
        await expect(make(index)).rejects.toMatchObject({ name: 'LimitExceededError' });
      }
      made[0]?.close();
      await until('a place', () => make(0).then(Boolean, () => false));
      await expect(make(0)).rejects.toMatchObject({ name: 'LimitExceededError' });
    },
    90_000,
  );
});

test('--max-calls bounds the calls of a session that are under way', async () => {
  const daemon = await ObservedDaemon.start(['--max-calls', '3']);
  const other = await ObservedClient.connect(daemon.url);
  const { mediasoup } = await ObservedClient.connect(daemon.url);
  const worker = await mediasoup.createWorker();

  process.kill(worker.pid, 'SIGSTOP');
  onTestFinished(() => {
    process.kill(worker.pid, 'SIGCONT');
  });

  const outcomes = Promise.allSettled(Array.from({ length: 5 }, () => worker.dump()));

  await expect(worker.dump()).rejects.toMatchObject({
    name: 'LimitExceededError',
    message: expect.stringMatching(/3 calls/) as string,
  });
  await other.mediasoup.createWorker();
  process.kill(worker.pid, 'SIGCONT');
  expect((await outcomes).map(({ status }) => status)).toEqual([
    ...['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
  ]);
});

test('--max-connections bounds those that say nothing, too', async () => {
  const daemon = await ObservedDaemon.start([], { TUREEN_MAX_CONNECTIONS: '3' });
  const client = await RawClient.greet(daemon.url);
  const open = async (): Promise<{ socket: Socket; refused(): boolean }> => {
    const socket = connect(daemon.port, '127.0.0.1').on('error', () => undefined);
    let closed = false;

    onTestFinished(() => void socket.destroy());
    socket.on('data', () => undefined).on('close', () => (closed = true));
    await once(socket, 'connect');

    return { socket, refused: () => closed };
  };
  const [second, third, fourth] = [await open(), await open(), await open()];

  await until('one to be refused', fourth.refused);
  expect([second.refused(), third.refused()]).toEqual([false, false]);
  await expect(client.call(0, 'getStats')).resolves.toBeTypeOf('object');
  second.socket.destroy();
  await until('a place', () => RawClient.greet(daemon.url).then(Boolean, () => false));
});

test.each(['--max-calls', '--max-connections', '--max-session-memory', '--max-sessions'])(
  '%s is a number of at least 1',
  async (flag) => {
    for (const value of ['0', '-1', '1.5', 'many', '']) {
      const { code, stderr } = await ObservedDaemon.run([`${flag}=${value}`]);

      expect(code).toBe(1);
      expect(stderr).toContain(flag);
    }
  },
);
