import { createHash } from 'node:crypto';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, type TestBrowser } from '../support/browser.js';
import { until } from '../support/events.js';
import { MediaPage } from '../support/MediaPage.js';
import { bytesOf, type MessageDigest, type MessageSpec } from '../support/pages/messages.js';
import type { RunningTarget } from '../support/useTarget.js';
import { onAll, useSides } from './sides.js';

/** Of a transport, by default. */
const MAX_MESSAGE_SIZE = 262_144;
const SIZES = [1, 2, 1_199, 1_200, 16_384, 65_535, 65_536, MAX_MESSAGE_SIZE - 1, MAX_MESSAGE_SIZE];
const BURST = 100;
/** The contents of texts repeat after that many. */
const MAX_ROUNDS = 26;
const TIMEOUT_MS = 90_000;
const DEADLINE_MS = 25_000;

const messages: MessageSpec[] = [
  ...SIZES.flatMap((length, seed): MessageSpec[] => [
    { kind: 'text', length, seed },
    { kind: 'binary', length, seed },
  ]),
  { kind: 'text', length: 0, seed: 0 },
  { kind: 'binary', length: 0, seed: 0 },
  ...burst(0),
];

/** Small ones that fit into one packet. All are different, also those of the other rounds. */
function burst(round: number): MessageSpec[] {
  return Array.from({ length: BURST }, (_, index) => ({
    kind: index % 2 === 0 ? 'text' : 'binary',
    length: 100 + index,
    seed: round,
  }));
}

function digestOf(message: MessageSpec): MessageDigest {
  const { kind, length } = message;

  return { kind, length, sha256: createHash('sha256').update(bytesOf(message)).digest('hex') };
}

/** The inverse of the payload protocol identifiers of RFC 8831, empty messages included. */
function messageOf(data: Buffer, ppid: number): MessageDigest {
  const isText = ppid === 51 || ppid === 56;
  const isEmpty = ppid === 56 || ppid === 57;
  const bytes = isEmpty ? Buffer.alloc(0) : data;

  return {
    kind: isText ? 'text' : 'binary',
    length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

const sorted = (digests: MessageDigest[]): string[] =>
  digests.map((digest) => JSON.stringify(digest)).sort();

/** What the test of subchannels sends in each of its rounds. */
const texts = [
  'one',
  'two',
  'three',
  'one and three',
  "nobody's",
  'one, required two',
  'one, required three',
  'two, but not with one',
];
const textOf = new Map(
  ['mark', ...[1, 2, 3].flatMap((round) => texts.map((text) => `${round}: ${text}`))].map(
    (text) => [createHash('sha256').update(text).digest('hex'), text],
  ),
);

const describeMessage = ({ kind, sha256 }: MessageDigest): string =>
  `${kind} ${textOf.get(sha256) ?? 'unknown'}`;
const isMark = (digest: MessageDigest): boolean => describeMessage(digest) === 'text mark';

describe('DataChannels from browser to browser', () => {
  const sides = useSides();
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await launchBrowser();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser?.close();
  }, TIMEOUT_MS);

  const check = (name: string, run: () => Promise<void>) => test(name, run, TIMEOUT_MS);

  const openPages = async (running: RunningTarget) => {
    const router = await running.createRouter();

    return {
      router,
      sender: await MediaPage.open(browser, router),
      receiver: await MediaPage.open(browser, router),
    };
  };

  const connect = async (
    sender: MediaPage,
    receiver: MediaPage,
    options: Parameters<MediaPage['produceData']>[0],
  ) => {
    const dataProducer = await sender.produceData(options);
    const dataConsumer = await receiver.consumeData({ dataProducerId: dataProducer.id });
    const received = () => receiver.received(dataConsumer);

    return {
      send: (specs: MessageSpec[]) => sender.send(dataProducer, specs),
      received,
      receivedAtLeast: (count: number) =>
        until(`${count} messages`, async () => (await received()).length >= count, DEADLINE_MS),
      dataProducer,
      dataConsumer,
    };
  };

  const connectPages = async (
    running: RunningTarget,
    options: Parameters<MediaPage['produceData']>[0],
  ) => {
    const { sender, receiver } = await openPages(running);

    return connect(sender, receiver, options);
  };

  const counts = async (entity: types.DataProducer | types.DataConsumer) => {
    const [stats] = await entity.getStats();

    return 'messagesReceived' in stats!
      ? { messages: stats.messagesReceived, bytes: stats.bytesReceived }
      : { messages: stats!.messagesSent, bytes: stats!.bytesSent };
  };

  check('ordered: everything arrives, in order, empty and largest messages included', async () => {
    const { local, remote, vertical } = await onAll(sides, async (running) => {
      const channel = await connectPages(running, { label: 'chat', protocol: 'proto' });

      await channel.send(messages);
      await channel.receivedAtLeast(messages.length);

      const { label, protocol, sctpStreamParameters } = channel.dataConsumer;

      return {
        received: await channel.received(),
        properties: { label, protocol, ordered: sctpStreamParameters?.ordered },
        produced: await counts(channel.dataProducer),
        consumed: await counts(channel.dataConsumer),
      };
    });

    expect(remote.received).toEqual(messages.map(digestOf));
    expect(remote.properties).toEqual({ label: 'chat', protocol: 'proto', ordered: true });
    expect(remote).toEqual(local);
    expect(vertical).toEqual(local);
  });

  check('unordered: everything arrives where nothing may be dropped, once', async () => {
    const { local, remote, vertical } = await onAll(sides, async (running) => {
      const { router, sender, receiver } = await openPages(running);
      const app = await router.createDirectTransport();
      const dataProducer = await sender.produceData({ ordered: false });
      const dataProducerId = dataProducer.id;
      const atApp = await app.consumeData({ dataProducerId });
      const atPage = await receiver.consumeData({ dataProducerId, ordered: true });
      const received: MessageDigest[] = [];

      atApp.on('message', (data, ppid) => received.push(messageOf(data, ppid)));
      await sender.send(dataProducer, messages);
      await until('all at the app', () => received.length >= messages.length, DEADLINE_MS);
      await until(
        'all at the page',
        async () => (await receiver.received(atPage)).length >= messages.length,
        DEADLINE_MS,
      );

      return {
        atApp: sorted(received),
        atPage: sorted(await receiver.received(atPage)),
        ordered: [dataProducer, atPage].map((end) => end.sctpStreamParameters?.ordered),
        produced: await counts(dataProducer),
        consumed: await counts(atPage),
      };
    });

    expect(remote.atApp).toEqual(sorted(messages.map(digestOf)));
    expect(remote.atPage).toEqual(remote.atApp);
    expect(remote.ordered).toEqual([false, true]);
    expect(remote).toEqual(local);
    expect(vertical).toEqual(local);
  });

  // A worker never sends again what it sends unordered, not even where no limit is set.
  for (const limit of [{}, { maxRetransmits: 1 }, { maxPacketLifeTime: 50 }]) {
    const name = Object.keys(limit)[0] ?? 'nothing';

    check(`unordered and limited by ${name}: what arrives is whole, and arrives once`, async () => {
      const { local, remote, vertical } = await onAll(sides, async (running) => {
        const { sender, receiver } = await openPages(running);
        const channel = await connect(sender, receiver, { ordered: false, ...limit });
        const fence = await connect(sender, receiver, {});
        const sent: MessageSpec[] = [];

        for (let round = 0; (await channel.received()).length < BURST; round++) {
          expect(round).toBeLessThan(MAX_ROUNDS);
          sent.push(...burst(round));
          await channel.send(burst(round));
          await fence.send([{ kind: 'text', length: 1, seed: 0 }]);
          await fence.receivedAtLeast(round + 1);
        }

        const received = sorted(await channel.received());
        const possible = new Set(sorted(sent.map(digestOf)));

        expect(new Set(received).size).toBe(received.length);
        expect(received.filter((message) => !possible.has(message))).toEqual([]);

        const { ordered, maxRetransmits, maxPacketLifeTime } =
          channel.dataConsumer.sctpStreamParameters!;

        return { ordered, maxRetransmits, maxPacketLifeTime };
      });

      expect(remote).toMatchObject({ ordered: false, ...limit });
      expect(remote).toEqual(local);
      expect(vertical).toEqual(local);
    });
  }

  check('the browser refuses a message above the maximum', async () => {
    const { local, remote, vertical } = await onAll(sides, async (running) => {
      const channel = await connectPages(running, {});
      const tooLarge: MessageSpec = { kind: 'binary', length: MAX_MESSAGE_SIZE + 1, seed: 1 };
      const after: MessageSpec = { kind: 'text', length: 10, seed: 2 };
      const refusal = await channel.send([tooLarge]).then(
        () => 'none',
        (error: Error) => error.message,
      );

      await channel.send([after]);
      await channel.receivedAtLeast(1);

      return { refusal, received: await channel.received(), expected: [digestOf(after)] };
    });

    expect(remote.refusal).not.toBe('none');
    expect(remote.received).toEqual(remote.expected);
    expect(remote).toEqual(local);
    expect(vertical).toEqual(local);
  });

  check('subchannels reach those who have them, whatever these are at the time', async () => {
    const { local, remote, vertical } = await onAll(sides, async (running) => {
      const { router, sender: ann, receiver: bob } = await openPages(running);
      const app = await (await router.createDirectTransport()).produceData();
      const atAnn = await ann.consumeData({ dataProducerId: app.id, subchannels: [1, 2] });
      const atBob = await bob.consumeData({ dataProducerId: app.id, subchannels: [2, 3] });
      let marks = 0;

      /** Sends to all, then waits until both have it: what was sent before is there as well. */
      const settle = async () => {
        app.send('mark');
        marks++;
        await until(
          'the mark at both',
          async () =>
            (await ann.received(atAnn)).filter(isMark).length === marks &&
            (await bob.received(atBob)).filter(isMark).length === marks,
          DEADLINE_MS,
        );
      };

      const sendAll = (round: number) => {
        app.send(`${round}: one`, undefined, [1]);
        app.send(Buffer.from(`${round}: two`), undefined, [2]);
        app.send(`${round}: three`, undefined, [3]);
        app.send(`${round}: one and three`, undefined, [1, 3]);
        app.send(`${round}: nobody's`, undefined, [9]);
        app.send(`${round}: one, required two`, undefined, [1, 3], 2);
        app.send(`${round}: one, required three`, undefined, [1, 2], 3);
        app.send(`${round}: two, but not with one`, undefined, [2], undefined, 1);
      };

      sendAll(1);
      await settle();
      await atAnn.setSubchannels([3]);
      sendAll(2);
      await settle();
      await atAnn.setSubchannels([]);
      await atBob.addSubchannel(1);
      await atBob.removeSubchannel(3);
      sendAll(3);
      await settle();

      return {
        ann: (await ann.received(atAnn)).map(describeMessage),
        bob: (await bob.received(atBob)).map(describeMessage),
        subchannels: [atAnn.subchannels, [...atBob.subchannels].sort()],
      };
    });

    expect(remote.subchannels).toEqual([[], [1, 2]]);
    expect(remote.ann).toEqual([
      'text 1: one',
      'binary 1: two',
      'text 1: one and three',
      'text 1: one, required two',
      'text mark',
      'text 2: three',
      'text 2: one and three',
      'text mark',
      'text mark',
    ]);
    expect(remote.bob).toEqual([
      'binary 1: two',
      'text 1: three',
      'text 1: one and three',
      'text 1: one, required two',
      'text 1: one, required three',
      'text 1: two, but not with one',
      'text mark',
      'binary 2: two',
      'text 2: three',
      'text 2: one and three',
      'text 2: one, required two',
      'text 2: one, required three',
      'text 2: two, but not with one',
      'text mark',
      'text 3: one',
      'binary 3: two',
      'text 3: one and three',
      'text 3: one, required two',
      'text mark',
    ]);
    expect(remote).toEqual(local);
    expect(vertical).toEqual(local);
  });

  test('no page failed', () => {
    expect(browser.pageErrors).toEqual([]);
  });
});
