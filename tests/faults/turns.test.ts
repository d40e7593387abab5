import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Daemon } from '../support/Daemon.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { RawClient } from './support/RawClient.js';

/** Calls that come after one that has not been answered (docs/protocol.md, Order). */
describe('a call that comes after another one', () => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await Daemon.start(['--max-calls', '4']);
  });

  afterAll(async () => {
    await daemon.stop();
    await noWorkersLeft();
  });

  test('can be on what that one creates, and so can the next', async () => {
    const client = await RawClient.greet(daemon.url);
    const worker = client.beginCall(0, 'createWorker', [{}], 1);
    const router = client.beginCall(1, 'createRouter', [{}], 2, worker);
    const transport = client.beginCall(2, 'createDirectTransport', [{}], 3, router);

    await client.answer(transport);

    const answered = client.messages.map(([, id]) => id);

    expect(await client.call(2, 'dump')).toMatchObject({
      transportIds: [expect.any(String) as string],
    });
    // In their order.
    expect([worker, router, transport].map((id) => answered.indexOf(id))).toEqual(
      [worker, router, transport].map((id) => answered.indexOf(id)).sort((one, two) => one - two),
    );
  });

  test('without saying so, there is nothing that it could be on', async () => {
    const client = await RawClient.greet(daemon.url);

    client.beginCall(0, 'createWorker', [{}], 1);
    await expect(client.call(1, 'createRouter', [{}], 2)).rejects.toThrow(/not found/);
  });

  test('fails with it', async () => {
    const client = await RawClient.greet(daemon.url);
    const worker = client.beginCall(0, 'createWorker', [{ logLevel: 'chicken' }], 1);
    const router = client.beginCall(1, 'createRouter', [{}], 2, worker);

    await expect(client.answer(worker)).rejects.toThrow(/wrong settings/);
    await expect(client.answer(router)).rejects.toThrow(/wrong settings/);
    // The session goes on, the handles are free.
    await client.call(0, 'createWorker', [{}], 1);
    await client.call(1, 'createRouter', [{}], 2);
  });

  test.each([
    ['one that there never was', 999],
    ['itself', 1],
    ['nonsense', 'first'],
    ['nothing', null],
  ])('is carried out at once after %s', async (_, after) => {
    const client = await RawClient.greet(daemon.url);

    await client.answer(client.beginCall(0, 'createWorker', [{}], 1, after));
    await client.call(1, 'createRouter', [{}], 2);
  });

  test('counts among the calls under way while it waits', async () => {
    const client = await RawClient.greet(daemon.url);
    const worker = client.beginCall(0, 'createWorker', [{}], 1);
    const routers = [2, 3, 4, 5, 6].map((handle) =>
      client.beginCall(1, 'createRouter', [{}], handle, worker),
    );
    const answers = await Promise.allSettled(routers.map((id) => client.answer(id)));

    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      ...Array<string>(2).fill('rejected'),
    ]);
    // None of them is counted any more.
    await client.call(1, 'createRouter', [{}], 7);
  });
});
