import {
  encodeFrame,
  encodeMessage,
  MemoryLink,
  Peer,
  ProtocolError,
  type ConnectionError,
  type Message,
} from '@tureen/protocol';
import { afterEach, describe, expect, test } from 'vitest';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const message = (id: number): Message => [1, id, 0, 'getStats', []];

class End {
  readonly ids: number[] = [];
  readonly detached: string[] = [];
  readonly broken: ConnectionError[] = [];
  onMessage: (message: Message) => void = () => undefined;
  readonly peer: Peer;

  constructor(retention = {}) {
    this.peer = new Peer({
      retention,
      onMessages: (messages) => {
        for (const received of messages) {
          this.ids.push(received[1] as number);
          this.onMessage(received);
        }
      },
      onDetached: (reason) => this.detached.push(reason),
      onBroken: (error) => this.broken.push(error),
    });
    ends.push(this);
  }
}

const ends: End[] = [];

afterEach(() => {
  ends.splice(0).forEach(({ peer }) => peer.close());
});

/** Joins two ends by a new link, as a handshake does. */
function join(one: End, other: End): [MemoryLink, MemoryLink] {
  const [ours, theirs] = MemoryLink.pair();
  const [oneReceived, otherReceived] = [one.peer.received, other.peer.received];

  one.peer.attach(ours, otherReceived);
  other.peer.attach(theirs, oneReceived);

  return [ours, theirs];
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 6; turns += 1) await turn();
}

describe('Peer', () => {
  test('each message arrives once and in order, however often the link goes', async () => {
    const [one, other] = [new End(), new End()];
    let sent = 0;

    for (let round = 0; round < 20; round += 1) {
      const [ours, theirs] = join(one, other);
      const fence = round % 3 === 0 ? ours.fence() : theirs.fence();

      one.peer.send(message((sent += 1)));
      await turn();
      one.peer.send(message((sent += 1)));
      other.peer.send(message(sent));
      if (round % 2 === 0) {
        fence.release();
        await settled();
      }
      one.peer.send(message((sent += 1)));
      (round % 5 === 0 ? theirs : ours).close('cut');
      await settled();
    }
    join(one, other);
    await settled();

    const all = Array.from({ length: sent }, (_, index) => index + 1);

    expect(other.ids).toEqual(all);
    expect(one.ids).toEqual(all.filter((id) => id % 3 === 2));
    expect(one.broken.concat(other.broken)).toEqual([]);
  });

  test('acknowledges what came though it has nothing to say, and so nothing is kept', async () => {
    const [one, other] = [new End(), new End()];

    join(one, other);
    for (let id = 1; id <= 100; id += 1) {
      one.peer.send(message(id));
      await turn();
    }
    await settled();
    expect(other.ids).toHaveLength(100);
    expect(one.peer.unacknowledged).toBeLessThan(33);
    expect(other.peer.unacknowledged).toBe(0);
  });

  test('a link that is replaced is closed, and its end is not told as an end', async () => {
    const [one, other] = [new End(), new End()];
    const [first] = join(one, other);
    const closed: string[] = [];

    join(one, other);
    first.onClose = (reason) => closed.push(reason);
    await settled();
    expect(closed).toEqual(['replaced by a newer connection']);
    expect(one.detached).toEqual([]);
    one.peer.send(message(1));
    await settled();
    expect(other.ids).toEqual([1]);
  });

  test('tells once that the link has gone', async () => {
    const [one, other] = [new End(), new End()];
    const [ours] = join(one, other);

    ours.close('cut');
    ours.close('cut again');
    await settled();
    expect(one.detached).toEqual(['cut']);
    expect(other.detached).toEqual(['cut']);
    expect(one.peer.attached).toBe(false);
  });

  test.each<[string, Buffer]>([
    ['a gap', encodeFrame(2, 0, [encodeMessage(message(1))])],
    ['nonsense', Buffer.from('nonsense')],
    ['half a frame', encodeFrame(1, 0, [encodeMessage(message(1))]).subarray(0, -1)],
  ])('%s breaks it, once', async (_what, frame) => {
    const [one, other] = [new End(), new End()];
    const [ours] = join(one, other);

    ours.send(frame);
    ours.send(encodeFrame(1, 0, [encodeMessage(message(7))]));
    await settled();
    expect(other.broken).toHaveLength(1);
    expect(other.broken[0]).toBeInstanceOf(ProtocolError);
    expect(other.ids).toEqual([]);
    expect(other.detached).toEqual([]);
    expect(one.detached).toHaveLength(1);
  });

  test('what breaks a rule of its listener breaks it as well', async () => {
    const [one, other] = [new End(), new End()];

    join(one, other);
    other.onMessage = () => {
      throw new ProtocolError('not like that');
    };
    one.peer.send(message(1));
    one.peer.send(message(2));
    await settled();
    expect(other.broken.map(({ message: text }) => text)).toEqual(['not like that']);
    expect(other.ids).toEqual([1]);
  });

  test('a frame that came before is not taken again', async () => {
    const [one, other] = [new End(), new End()];
    const [ours] = join(one, other);
    const frame = encodeFrame(1, 0, [encodeMessage(message(1))]);

    ours.send(frame);
    ours.send(frame);
    await settled();
    expect(other.ids).toEqual([1]);
    expect(other.broken).toEqual([]);
  });

  test('gives up when too much waits', async () => {
    const [one, other] = [new End({ frames: 10 }), new End()];
    const [ours] = join(one, other);

    ours.fence();
    for (let id = 1; id <= 20; id += 1) {
      one.peer.send(message(id));
      await turn();
    }
    expect(one.broken.map(({ name }) => name)).toEqual(['BacklogError']);
    expect(one.peer.attached).toBe(false);
  });

  test('close() sends what waits, tells nobody and is final', async () => {
    const [one, other] = [new End(), new End()];

    join(one, other);
    one.peer.send(message(1));
    one.peer.close('done');
    one.peer.close('done');
    one.peer.send(message(2));
    await settled();
    expect(other.ids).toEqual([1]);
    expect(other.detached).toEqual(['done']);
    expect(one.detached).toEqual([]);
    expect(one.broken).toEqual([]);
  });
});
