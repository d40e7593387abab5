import { MemoryLink } from '@tureen/protocol';
import { describe, expect, test } from 'vitest';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function pair(): { ours: MemoryLink; theirs: MemoryLink; frames: string[]; closed: string[] } {
  const [ours, theirs] = MemoryLink.pair();
  const frames: string[] = [];
  const closed: string[] = [];

  theirs.onFrame = (frame) => frames.push(frame.toString());
  ours.onClose = (reason) => closed.push(`ours: ${reason}`);
  theirs.onClose = (reason) => closed.push(`theirs: ${reason}`);

  return { ours, theirs, frames, closed };
}

describe('MemoryLink', () => {
  test('delivers later and in order', async () => {
    const { ours, frames } = pair();

    ours.send(Buffer.from('1'));
    ours.send(Buffer.from('2'));
    expect(frames).toEqual([]);
    await turn();
    expect(frames).toEqual(['1', '2']);
  });

  test('closes at both ends, once', async () => {
    const { ours, theirs, closed } = pair();

    ours.close('done');
    ours.close('again');
    expect(closed).toEqual([]);
    await turn();
    await turn();
    theirs.close('again');
    await turn();
    expect(closed).toEqual(['ours: done', 'theirs: done']);
  });

  test('takes nothing after close(), and what was sent before arrives', async () => {
    const { ours, theirs, frames } = pair();

    ours.send(Buffer.from('1'));
    ours.close();
    ours.send(Buffer.from('2'));
    await turn();
    await turn();
    expect(frames).toEqual(['1']);
    expect(() => theirs.send(Buffer.from('3'))).not.toThrow();
  });
});

describe('Fence', () => {
  test('holds frames until it is released', async () => {
    const { ours, frames } = pair();

    ours.send(Buffer.from('before'));

    const fence = ours.fence();

    ours.send(Buffer.from('1'));
    await fence.reached();
    ours.send(Buffer.from('2'));
    await turn();
    expect(fence.held).toBe(2);
    expect(frames).toEqual(['before']);
    fence.release();
    ours.send(Buffer.from('3'));
    await turn();
    expect(frames).toEqual(['before', '1', '2', '3']);
    expect(fence.held).toBe(0);
  });

  test('tells everybody who waits for it', async () => {
    const { ours } = pair();
    const fence = ours.fence();
    const waiting = Promise.all([fence.reached(), fence.reached()]);

    ours.send(Buffer.from('1'));
    await waiting;
    await fence.reached();
    expect(fence.held).toBe(1);
    fence.release();
  });

  test('holds one direction only', async () => {
    const { ours, theirs } = pair();
    const answers: string[] = [];

    ours.onFrame = (frame) => answers.push(frame.toString());
    ours.fence();
    theirs.send(Buffer.from('answer'));
    await turn();
    expect(answers).toEqual(['answer']);
  });

  test('what it held is lost when the link has closed', async () => {
    const { ours, frames } = pair();
    const fence = ours.fence();

    ours.send(Buffer.from('1'));
    ours.close();
    await turn();
    await turn();
    fence.release();
    await turn();
    expect(frames).toEqual([]);
  });
});
