import { decodeFrame, encodeMessage, MemoryLink, Outbox, type Message } from '@tureen/protocol';
import { afterEach, describe, expect, test } from 'vitest';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
const message = (id: number, text = ''): Buffer =>
  encodeMessage([1, id, 0, 'getStats', [text]] as Message);

interface Arrived {
  sequence: number;
  ids: number[];
}

/** An outbox on a link whose other end keeps what arrives. */
function outboxOn(options: { frames?: number; bytes?: number } = {}) {
  const overflows: number[] = [];
  const outbox: Outbox = new Outbox({
    ...options,
    acknowledged: () => 0,
    onOverflow: () => overflows.push(outbox.kept),
  });
  const arrived: Arrived[] = [];
  const attach = (received: number): MemoryLink => {
    const [ours, theirs] = MemoryLink.pair();

    theirs.onFrame = (data) => {
      const { sequence, messages } = decodeFrame(data, true);

      arrived.push({ sequence, ids: messages.map(([, id]) => id as number) });
    };
    outbox.attach(ours, received);

    return ours;
  };

  outboxes.push(outbox);

  return { outbox, arrived, attach, overflows };
}

const outboxes: Outbox[] = [];

afterEach(() => {
  outboxes.splice(0).forEach((outbox) => outbox.close());
});

describe('Outbox', () => {
  test('all messages of one tick leave in one frame, in order', async () => {
    const { outbox, arrived, attach } = outboxOn();

    attach(0);
    outbox.push(message(1), 'prompt');
    outbox.push(message(2), 'patient');
    outbox.push(message(3), 'prompt');
    await tick();
    outbox.push(message(4), 'prompt');
    await turn();
    await turn();
    expect(arrived).toEqual([
      { sequence: 1, ids: [1, 2, 3] },
      { sequence: 2, ids: [4] },
    ]);
  });

  test('patient messages wait for the whole turn', async () => {
    const { outbox, arrived, attach } = outboxOn();

    attach(0);
    outbox.push(message(1), 'patient');
    await tick();
    outbox.push(message(2), 'patient');
    await turn();
    await turn();
    expect(arrived).toEqual([{ sequence: 1, ids: [1, 2] }]);
  });

  test('a prompt message takes the patient ones along', async () => {
    const { outbox, arrived, attach } = outboxOn();

    attach(0);
    outbox.push(message(1), 'patient');
    outbox.push(message(2), 'prompt');
    await tick();
    outbox.push(message(3), 'patient');
    await turn();
    await turn();
    expect(arrived.flatMap(({ ids }) => ids)).toEqual([1, 2, 3]);
    expect(arrived[0]).toEqual({ sequence: 1, ids: [1, 2] });
  });

  test('lossy messages keep their place, in frames without a number', async () => {
    const { outbox, arrived, attach } = outboxOn();

    attach(0);
    outbox.push(message(1), 'prompt');
    outbox.push(message(2), 'lossy');
    outbox.push(message(3), 'lossy');
    outbox.push(message(4), 'prompt');
    await turn();
    await turn();
    expect(arrived).toEqual([
      { sequence: 1, ids: [1] },
      { sequence: 0, ids: [2, 3] },
      { sequence: 2, ids: [4] },
    ]);
    expect(outbox.kept).toBe(2);
  });

  test('without a link the lossy are dropped and the rest waits', async () => {
    const { outbox, arrived, attach } = outboxOn();

    outbox.push(message(1), 'prompt');
    outbox.push(message(2), 'lossy');
    await turn();
    outbox.push(message(3), 'prompt');
    await turn();
    attach(0);
    await turn();
    expect(arrived).toEqual([
      { sequence: 1, ids: [1] },
      { sequence: 2, ids: [3] },
    ]);
  });

  test('what waits to be sent when the link goes is sent over the next, lossy ones are not', async () => {
    const { outbox, arrived, attach } = outboxOn();

    attach(0).fence();
    outbox.push(message(1), 'prompt');
    outbox.push(message(2), 'lossy');
    outbox.detach();
    await turn();
    attach(0);
    await turn();
    expect(arrived).toEqual([{ sequence: 1, ids: [1] }]);
  });

  test('a new link gets what the other end has not, and only that', async () => {
    const { outbox, arrived, attach } = outboxOn();

    attach(0);
    for (const id of [1, 2, 3]) {
      outbox.push(message(id), 'prompt');
      outbox.flush();
    }
    await turn();
    arrived.length = 0;
    outbox.detach();
    attach(2);
    await turn();
    expect(arrived).toEqual([{ sequence: 3, ids: [3] }]);
    expect(outbox.kept).toBe(1);
  });

  test('keeps frames until they are acknowledged', () => {
    const { outbox } = outboxOn();

    for (const id of [1, 2, 3]) {
      outbox.push(message(id), 'prompt');
      outbox.flush();
    }
    outbox.acknowledged(2);
    expect(outbox.kept).toBe(1);
    outbox.acknowledged(1);
    expect(outbox.kept).toBe(1);
    outbox.acknowledged(3);
    expect(outbox.kept).toBe(0);
  });

  test('says so when more waits than may: by count', () => {
    const { outbox, overflows } = outboxOn({ frames: 2 });

    for (const id of [1, 2, 3]) {
      outbox.push(message(id), 'prompt');
      outbox.flush();
    }
    expect(overflows).toEqual([3]);
  });

  test('says so when more waits than may: by bytes', () => {
    const { outbox, overflows } = outboxOn({ bytes: 1000 });

    outbox.push(message(1, 'x'.repeat(600)), 'prompt');
    outbox.flush();
    expect(overflows).toEqual([]);
    outbox.push(message(2, 'x'.repeat(600)), 'prompt');
    outbox.flush();
    expect(overflows).toHaveLength(1);
  });

  test('what was acknowledged makes room', () => {
    const { outbox, overflows } = outboxOn({ bytes: 1000 });

    for (let id = 1; id <= 100; id += 1) {
      outbox.push(message(id, 'x'.repeat(600)), 'prompt');
      outbox.flush();
      outbox.acknowledged(id);
    }
    expect(overflows).toEqual([]);
  });

  test('after close() nothing leaves', async () => {
    const { outbox, arrived, attach } = outboxOn();

    attach(0);
    outbox.push(message(1), 'prompt');
    outbox.close();
    outbox.push(message(2), 'prompt');
    await turn();
    await turn();
    expect(arrived).toEqual([]);
    expect(outbox.kept).toBe(0);
  });

  test('a burst leaves in frames that the other end takes', async () => {
    const { outbox, attach } = outboxOn();
    const [ours, theirs] = MemoryLink.pair();
    const sizes: number[] = [];

    attach(0);
    theirs.onFrame = (data) => sizes.push(data.length);
    outbox.attach(ours, 0);
    for (let id = 1; id <= 30; id += 1) {
      outbox.push(message(id, 'x'.repeat(256 * 1024)), 'prompt');
    }
    await turn();
    await turn();
    // A server takes 4 MiB at a time.
    expect(Math.max(...sizes)).toBeLessThan(4 * 1024 * 1024);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(30 * 256 * 1024);
  });
});
