import type { types } from 'mediasoup';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeRoom, ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { RawClient } from '../faults/support/RawClient.js';
import { residentMemory } from '../fuzz/campaign.js';
import { until } from '../support/events.js';
import { audioProducer, mediaCodecs, receiverCapabilities } from '../support/media.js';
import { metricsOf } from './support/attempts.js';

/*
 * An application that was let in fills the daemon's memory bit by bit: what a session may take is
 * bounded, whatever it is that takes it.
 */

const MiB = 1024 * 1024;
/** MiB that sessions of these tests may take. */
const limit = 24;
const flags = ['--max-session-memory', String(limit), '--health-port', '0'];
const refusal = { name: 'LimitExceededError', message: expect.stringMatching(/memory/) as string };

const heldBy = async (daemon: ObservedDaemon): Promise<number> =>
  (await metricsOf(daemon)).get('tureen_held_bytes') as number;

/** A router of a raw client: its handle is 2, that of its worker is 1. */
async function withRouter(daemon: ObservedDaemon): Promise<RawClient> {
  const client = await RawClient.greet(daemon.url);

  await client.call(0, 'createWorker', [{}], 1);
  await client.call(1, 'createRouter', [{ mediaCodecs }], 2);

  return client;
}

/** Calls until one is refused. @returns How many were not. */
async function fill(call: (index: number) => Promise<unknown>, most: number): Promise<number> {
  for (let index = 0; index < most; index += 1) {
    try {
      await call(index);
    } catch (error) {
      expect(error).toMatchObject(refusal);

      return index;
    }
  }
  throw new Error(`${most} calls, and none was refused`);
}

describe('a session that keeps more and more', () => {
  const large = 'x'.repeat(256 * 1024);

  test.each<[string, (index: number) => [method: string, options: object]]>([
    ['application data', () => ['createDirectTransport', { appData: { large } }]],
    [
      'application data of many small things',
      () => ['createDirectTransport', { appData: { small: Array(20_000).fill({}) } }],
    ],
    ['observers with application data', () => ['createAudioLevelObserver', { appData: { large } }]],
  ])(
    '%s: refused by name, others go on, the memory is bounded',
    async (_what, make) => {
      const daemon = await ObservedDaemon.start(flags);
      const other = await ObservedClient.connect(daemon.url);
      const room = await makeRoom(other.mediasoup);
      const client = await withRouter(daemon);
      const before = residentMemory(daemon.pid);
      const count = await fill((index) => {
        const [method, options] = make(index);

        return client.call(2, method, [options], 10 + index);
      }, 1000);

      expect(count).toBeGreaterThan(10);
      expect(await heldBy(daemon)).toBeLessThan((limit + 1) * MiB);
      // Garbage of the messages included.
      expect(residentMemory(daemon.pid) - before).toBeLessThan(8 * limit);
      // What takes little goes on in the session itself, and everything in others.
      await expect(client.call(2, 'dump')).resolves.toBeTypeOf('object');
      await expect(room.router.createDirectTransport()).resolves.toMatchObject({ closed: false });

      // What closes makes room, as much as it took.
      const held = await heldBy(daemon);

      for (let index = 0; index < count; index += 1) client.notify(10 + index, 'close');
      await client.call(2, 'dump');
      expect(held - (await heldBy(daemon))).toBeGreaterThan((limit - 2) * MiB);

      const again = await fill((index) => {
        const [method, options] = make(index);

        return client.call(2, method, [options], 10_000 + index);
      }, 1000);

      expect(again).toBe(count);
    },
    60_000,
  );

  test('parameters, those included that are derived from others', async () => {
    const daemon = await ObservedDaemon.start(flags);
    const client = await RawClient.greet(daemon.url);
    const codecs = mediaCodecs.map((codec) => ({
      ...codec,
      parameters: { ...codec.parameters, 'x-filler': large },
    }));

    await client.call(0, 'createWorker', [{}], 1);
    await client.call(1, 'createRouter', [{ mediaCodecs: codecs }], 2);
    await client.call(2, 'createDirectTransport', [{}], 3);

    // One that is large, of which each consumer has a copy, though its call is small.
    const options = audioProducer(1);
    const [codec] = options.rtpParameters.codecs;

    await client.call(
      3,
      'produce',
      [
        {
          ...options,
          rtpParameters: {
            ...options.rtpParameters,
            codecs: [{ ...codec, parameters: { ...codec?.parameters, 'x-filler': large } }],
          },
        },
      ],
      4,
    );

    const { id } = (await client.call(4, 'dump')) as { id: string };
    const consume = (index: number): Promise<unknown> =>
      client.call(
        3,
        'consume',
        [{ producerId: id, rtpCapabilities: receiverCapabilities }],
        10 + index,
      );

    expect(await fill(consume, 1000)).toBeLessThan(limit * 4);
    expect(await heldBy(daemon)).toBeLessThan((limit + 1) * MiB);

    // All at once is no way around it.
    const calls = Array.from({ length: 200 }, (_, index) =>
      client.beginCall(
        3,
        'consume',
        [{ producerId: id, rtpCapabilities: receiverCapabilities }],
        10_000 + index,
      ),
    );
    const outcomes = await Promise.allSettled(calls.map((call) => client.answer(call)));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    expect(await heldBy(daemon)).toBeLessThan((limit + 1) * MiB);
  }, 60_000);

  test('what objects take after they have been made', async () => {
    const daemon = await ObservedDaemon.start(flags);
    const client = await withRouter(daemon);
    const subchannels = Array.from({ length: 30_000 }, (_, index) => index);

    await client.call(2, 'createDirectTransport', [{}], 3);

    const { id } = (await client.call(3, 'produceData', [{}], 4)) as { id: string };

    const count = await fill(async (index) => {
      await client.call(3, 'consumeData', [{ dataProducerId: id }], 10 + index);
      await client.call(10 + index, 'setSubchannels', [subchannels]);
    }, 1000);

    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(100);
    // An object that takes less makes room, too.
    await client.call(10, 'setSubchannels', [[]]);
    await client.call(3, 'consumeData', [{ dataProducerId: id }], 5000);
  }, 60_000);

  test('codecs of routers, changed without an answer: the session ends', async () => {
    const daemon = await ObservedDaemon.start(flags);
    const other = await ObservedClient.connect(daemon.url);
    const { router } = await makeRoom(other.mediasoup);
    const client = await withRouter(daemon);
    const codecs = mediaCodecs.map((codec) => ({ ...codec, parameters: { large } }));

    // The same router again and again takes no more than once.
    for (let index = 0; index < 50; index += 1) {
      client.notify(2, 'updateMediaCodecs', [codecs]);
    }
    await client.call(2, 'dump');
    expect(await heldBy(daemon)).toBeGreaterThan(MiB);
    expect(await heldBy(daemon)).toBeLessThan(4 * MiB);
    for (let index = 0; index < 50 && !client.closed; index += 1) {
      client.beginCall(1, 'createRouter', [{ mediaCodecs }], 10 + index);
      await until('an answer', () => client.messages.length > index + 3 || client.closed);
      client.notify(10 + index, 'updateMediaCodecs', [codecs]);
    }
    await expect(client.closedByServer()).resolves.toMatchObject({
      reason: expect.stringMatching(/memory/),
    });
    await expect(router.dump()).resolves.toMatchObject({ id: router.id });
  }, 60_000);

  test('calls that are not answered', async () => {
    const daemon = await ObservedDaemon.start(flags);
    const client = await RawClient.greet(daemon.url);
    const { pid } = (await client.call(0, 'createWorker', [{}], 1)) as { pid: number };

    process.kill(pid, 'SIGSTOP');
    onTestFinished(() => {
      process.kill(pid, 'SIGCONT');
    });
    for (let index = 0; index < 100; index += 1) {
      client.beginCall(1, 'dump', [{ large }]);
    }

    const refused = () =>
      client.messages.filter(
        (message) => message[0] === 13 && message[2].name === 'LimitExceededError',
      );

    await until('refusals', () => refused().length > 40);
    expect(await heldBy(daemon)).toBeLessThan(limit * MiB);
    process.kill(pid, 'SIGCONT');
    await until('all answers', () => client.messages.length >= 102);
    // It was for them only.
    expect(await heldBy(daemon)).toBeLessThan(MiB);
    await client.call(1, 'createRouter', [{ mediaCodecs }], 1000);
  }, 60_000);

  test('what was closed is not remembered for ever', async () => {
    const daemon = await ObservedDaemon.start(flags);
    const client = await withRouter(daemon);

    // Each is less than the limit, all of them are forty times as much.
    const before = residentMemory(daemon.pid);

    for (let index = 0; index < 500; index += 1) {
      const appData = { large: `${index}${large}${large}${large}${large}` };

      await client.call(2, 'createDirectTransport', [{ appData }], 10 + index);
      client.notify(10 + index, 'close');
    }
    expect(residentMemory(daemon.pid) - before).toBeLessThan(250);
    expect(await heldBy(daemon)).toBeLessThan(MiB);
  }, 60_000);
});

describe('shared values', () => {
  test('count, take the place of one another, and are refused with the call that names them', async () => {
    const daemon = await ObservedDaemon.start(['--max-session-memory', '6', '--health-port', '0']);
    const client = await withRouter(daemon);
    const filler = 'x'.repeat(700 * 1024);
    const withFiller = { ...receiverCapabilities, filler };

    await client.call(2, 'createDirectTransport', [{}], 3);
    await client.call(3, 'produce', [audioProducer(1)], 4);

    const { id } = (await client.call(4, 'dump')) as { id: string };
    const consume = (number: number, handle: number): Promise<unknown> =>
      client.call(3, 'consume', [{ producerId: id, rtpCapabilities: { $shared: number } }], handle);
    const empty = await heldBy(daemon);

    for (let count = 0; count < 20; count += 1) client.send([5, 0, withFiller]);
    await consume(0, 10);

    const one = (await heldBy(daemon)) - empty;

    expect(one).toBeGreaterThan(filler.length);
    expect(one).toBeLessThan(3 * filler.length);
    client.send(...[1, 2, 3, 4].map((number) => [5, number, withFiller]));
    await expect(consume(4, 11)).rejects.toMatchObject(refusal);
    // Those that are there leave no room for a call that makes a copy.
    await expect(consume(0, 12)).rejects.toMatchObject(refusal);
    client.send([5, 1, {}]);
    await consume(0, 13);
    client.send([5, 4, receiverCapabilities]);
    await consume(4, 14);
  });

  test('an application finds room again when it has closed something', async () => {
    const daemon = await ObservedDaemon.start(['--max-session-memory', '4', '--health-port', '0']);
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const worker = await mediasoup.createWorker();
    const router = await worker.createRouter({ mediaCodecs });
    const transport = await router.createDirectTransport();
    const producer = await transport.produce(audioProducer(1));
    const blocks: types.Router[] = [];
    const appData = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`key${index}`, 'x'.repeat(1000)]),
    );

    await fill(async () => {
      blocks.push(await worker.createRouter({ mediaCodecs, appData }));
    }, 1000);

    // Of which nobody has told the server yet, and for which there is no room.
    const rtpCapabilities = {
      ...receiverCapabilities,
      headerExtensions: Array.from({ length: 900 }, (_, index) => ({
        kind: 'audio' as const,
        uri: `urn:x-${'x'.repeat(100)}:${index}` as types.RtpHeaderExtensionUri,
        preferredId: 1 + (index % 14),
      })),
    };
    const consume = (): Promise<types.Consumer> =>
      transport.consume({ producerId: producer.id, rtpCapabilities });

    await expect(consume()).rejects.toMatchObject(refusal);
    await expect(consume()).rejects.toMatchObject(refusal);
    blocks.splice(0, 10).forEach((block) => block.close());
    await expect(consume()).resolves.toMatchObject({ producerId: producer.id });
  });
});
