import { MessageType, type Message } from '@tureen/protocol';
import * as mediasoup from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { MemoryHost } from '../resume/MemoryHost.js';
import { RawSession } from '../resume/RawSession.js';
import { until } from '../support/events.js';
import { noWorkersLeft } from '../support/useTarget.js';

const create = (id: number, handle: unknown, after?: number): Message =>
  [MessageType.call, id, 0, 'createWorker', [{}], handle, after] as Message;

/** Calls whose turn comes when things are not as they were (docs/protocol.md, Order). */
describe('a call whose turn comes', () => {
  test('after its session has ended is not made', async () => {
    let created = 0;
    const host = await MemoryHost.start();
    const raw = new RawSession(host.stranger()[0]);
    const count = () => (created += 1);

    mediasoup.observer.on('newworker', count);
    await raw.greet();
    raw.send(1, 0, ...[1, 2, 3, 4].map((id) => create(id, id, id - 1)), [MessageType.goodbye]);
    await until('the end of its session', () => host.server.sessions === 1);
    await host.server.close();
    await noWorkersLeft();
    mediasoup.observer.off('newworker', count);
    expect(created).toBe(1);
  });

  test('and that makes no sense ends the session, as if it had come at once', async () => {
    const host = await MemoryHost.start();
    const raw = new RawSession(host.stranger()[0]);

    await raw.greet();
    raw.send(1, 0, create(1, 1), create(2, 'no handle', 1));
    await until('the end of its link', () => raw.closed !== undefined);
    expect(raw.closed).toContain('handle no handle for a new object is not free');
    expect(host.server.sessions).toBe(1);
  });
});
