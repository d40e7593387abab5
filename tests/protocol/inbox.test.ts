import { MessageType, type Message } from '@tureen/protocol';
import { describe, expect, test } from 'vitest';
import { Inbox } from '../../packages/remote-client/src/Inbox.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const transport = 5;
const consumer = 6;
const reply = (id: number): Message => [MessageType.reply, id, undefined];
const failure = (id: number): Message => [
  MessageType.failure,
  id,
  { name: 'Error', message: 'failed' },
];
const event = (handle: number, name: string): Message => [MessageType.event, handle, name, []];
const patch = (handle: number): Message => [MessageType.patch, handle, {}];

/** An inbox whose calls continue as an application does: in a microtask after the answer. */
function inbox(called: Record<number, number> = {}) {
  const order: string[] = [];
  const subject = new Inbox({
    calledObject: (id) => called[id],
    process: (message) => {
      const [type, first, second] = message;

      if (type === MessageType.reply || type === MessageType.failure) {
        void Promise.resolve().then(async () => {
          // An async function of the client and one of the application are in between.
          await undefined;
          order.push(`continued ${first}`);
        });
      } else {
        order.push(type === MessageType.patch ? `patch ${first}` : `${String(second)} ${first}`);
      }
    },
  });

  return { subject, order };
}

describe('Inbox', () => {
  test('whoever waited for an answer goes on before what came after it', async () => {
    const { subject, order } = inbox({ 1: transport });

    subject.receive([reply(1), event(consumer, 'producerpause')]);
    subject.receive([event(consumer, 'score')]);
    await turn();
    await turn();
    expect(order).toEqual(['continued 1', 'producerpause 6', 'score 6']);
  });

  test('the same when the event comes in a frame of its own, at once', async () => {
    const { subject, order } = inbox({ 1: transport });

    subject.receive([reply(1)]);
    subject.receive([event(consumer, 'producerclose')]);
    await turn();
    await turn();
    expect(order).toEqual(['continued 1', 'producerclose 6']);
  });

  test('a failure counts as an answer', async () => {
    const { subject, order } = inbox({ 1: transport });

    subject.receive([failure(1), event(consumer, 'producerclose')]);
    await turn();
    await turn();
    expect(order).toEqual(['continued 1', 'producerclose 6']);
  });

  test('answers follow each other without a pause', async () => {
    const { subject, order } = inbox();

    subject.receive([reply(1), reply(2), reply(3)]);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual(['continued 1', 'continued 2', 'continued 3']);
  });

  test('the effect of a call comes right before its answer', async () => {
    const { subject, order } = inbox({ 1: transport, 2: consumer });

    subject.receive([
      reply(1),
      patch(consumer),
      event(consumer, 'pause'),
      reply(2),
      event(consumer, 'score'),
    ]);
    await turn();
    await turn();
    expect(order.indexOf('pause 6')).toBeLessThan(order.indexOf('continued 2'));
    expect(order.at(-1)).toBe('score 6');
  });

  test('an event of another object waits, though an answer follows', async () => {
    const { subject, order } = inbox({ 1: transport, 2: transport });

    subject.receive([reply(1), event(consumer, 'producerpause'), reply(2)]);
    expect(order).toEqual([]);
    await turn();
    await turn();
    expect(order).toEqual(['continued 1', 'producerpause 6', 'continued 2']);
  });

  test('everything is handed on, in order, whatever the frames', async () => {
    const { subject, order } = inbox({ 1: transport });

    for (let round = 0; round < 50; round += 1) {
      subject.receive([event(consumer, `a${round}`), ...(round % 7 === 0 ? [reply(1)] : [])]);
      if (round % 5 === 0) await turn();
    }
    await turn();
    await turn();
    await turn();
    expect(order.filter((line) => line.startsWith('a'))).toEqual(
      Array.from({ length: 50 }, (_, round) => `a${round} 6`),
    );
  });

  test('close() forgets what waits', async () => {
    const { subject, order } = inbox({ 1: transport });

    subject.receive([reply(1), event(consumer, 'producerclose')]);
    subject.close();
    await turn();
    await turn();
    expect(order).toEqual(['continued 1']);
  });

  test('close() may be called by what is being handed on', async () => {
    const processed: number[] = [];
    const subject: Inbox = new Inbox({
      calledObject: () => undefined,
      process: ([, id]) => {
        processed.push(id as number);
        subject.close();
      },
    });

    subject.receive([event(1, 'a'), event(2, 'a')]);
    await turn();
    expect(processed).toEqual([1]);
  });
});
