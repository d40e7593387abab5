import { once } from 'node:events';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { describe, expect, test } from 'vitest';
import { nextEvent, until } from '../support/events.js';
import { loopback, mediaCodecs } from '../support/media.js';
import { workerProcesses } from '../support/useTarget.js';
import { MemoryHost, objectsOf } from './MemoryHost.js';
import { buildRoom, deathOfAWorker } from './room.js';

describe('while there is no connection', () => {
  test('what is closed here is closed there afterwards, whatever else was under way', async () => {
    const host = await MemoryHost.start();
    const { worker, router, producer, log } = await buildRoom(host.mediasoup);
    const other = await host.mediasoup.createWorker();

    await host.detach();

    const calls = Promise.allSettled([
      router.createPlainTransport({ listenInfo: loopback }),
      producer.pause(),
      worker.createRouter({ mediaCodecs }),
    ]);
    const gone = nextEvent(worker, 'subprocessclose');

    worker.close();
    // At once, as in mediasoup.
    expect(log.lines).toContain('router workerclose [closed]');
    expect(log.lines.at(-1)).toBe('worker.observer close [closed]');
    expect(worker).toMatchObject({ closed: true, died: false, subprocessClosed: false });
    await host.reconnect();
    await gone;

    // They were sent before the end, so they may have been done; nothing of them is left.
    for (const call of await calls) {
      expect(['fulfilled', 'WorkerClosedError']).toContain(
        call.status === 'fulfilled' ? call.status : call.reason.name,
      );
    }
    await until('the release of all of it', () => objectsOf(host.server) === 1);
    expect(await other.dump()).toMatchObject({ pid: other.pid });
    expect(log.lines.filter((line) => line.startsWith('worker died'))).toEqual([]);
  });

  test('what an owner was creating when it closed is closed too', async () => {
    const host = await MemoryHost.start();
    const worker = await host.mediasoup.createWorker();
    const router = await worker.createRouter({ mediaCodecs });

    await host.detach();

    const transport = router.createDirectTransport();
    const outcome = transport.catch((error: Error) => error);

    router.close();
    await host.reconnect();
    await until('the release of both', () => objectsOf(host.server) === 1);
    expect((await worker.dump()).routerIds).toEqual([]);
    // In mediasoup such an object is as if open, and of no use.
    await expect((await (outcome as typeof transport)).dump()).rejects.toThrow(Error);
  });

  test('a call that is given up is done all the same, and what it makes is closed', async () => {
    const host = await MemoryHost.start({ client: { requestTimeout: 5000 } });
    const worker = await host.mediasoup.createWorker();
    const router = await worker.createRouter({ mediaCodecs });

    await host.detach();

    const calls = [
      router.createPlainTransport({ listenInfo: loopback }),
      worker.createRouter({ mediaCodecs }),
      router.dump(),
      host.client.getStats(),
    ];

    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({
        reason: {
          name: 'RequestTimeoutError',
          message: expect.stringContaining('whether it was done is unknown') as string,
        },
      });
    }
    expect(worker.closed).toBe(false);

    let announced = 0;

    router.observer.on('newtransport', () => (announced += 1));
    worker.observer.on('newrouter', () => (announced += 1));
    await host.reconnect();
    // Later calls find the server past the late answers.
    expect((await router.dump()).transportIds).toEqual(expect.any(Array));
    await until('the end of what nobody wanted', () => objectsOf(host.server) === 2);
    expect((await router.dump()).transportIds).toEqual([]);
    expect((await worker.dump()).routerIds).toEqual([router.id]);
    expect(announced).toBe(0);
  });

  test('a worker that comes too late leaves no process', async () => {
    const host = await MemoryHost.start({ client: { requestTimeout: 50 } });

    await host.detach();
    await expect(host.mediasoup.createWorker()).rejects.toMatchObject({
      name: 'RequestTimeoutError',
    });

    const made = once(mediasoup.observer, 'newworker');

    await host.reconnect();
    await made;
    await until('the end of the process', () => workerProcesses().length === 0);
    await host.untilEmpty();
  });

  test('calls without a session at all wait for the next one, as long as for an answer', async () => {
    const host = new MemoryHost({
      beforeDial: () => Promise.reject(new Error('unreachable')),
      client: { requestTimeout: 80 },
    });

    await once(host.client, 'error').catch(() => undefined);
    await expect(host.client.getStats()).rejects.toMatchObject({ name: 'DisconnectedError' });
  });

  test('RTP is dropped, messages are kept', async () => {
    const host = await MemoryHost.start();
    const { producer, dataProducer, dataConsumer } = await buildRoom(host.mediasoup);
    const heard: string[] = [];
    const rtp = Buffer.alloc(20);

    rtp.writeUInt16BE(0x806f);
    rtp.writeUInt32BE(1111, 8);
    dataConsumer.on('message', (message) => heard.push(message.toString()));
    producer.send(rtp);
    await until('the first packet', async () => (await received(producer)) === 1);
    await host.detach();
    for (let number = 1; number <= 3; number += 1) {
      rtp.writeUInt16BE(number, 2);
      producer.send(rtp);
      dataProducer.send(`message ${number}`);
    }
    await host.reconnect();
    await until('the messages', () => heard.length === 3);
    expect(heard).toEqual(['message 1', 'message 2', 'message 3']);
    expect(await received(producer)).toBe(1);
  });

  test('a worker dies: its application hears of it, once, as soon as it is back', async () => {
    const expected = await deathOfAWorker();
    const host = await MemoryHost.start();
    const { worker, router, log } = await buildRoom(host.mediasoup);

    await host.detach();

    const call = router.dump();

    process.kill(worker.pid, 'SIGKILL');
    await until('its end', () => workerProcesses().length === 0);
    expect(log.lines).toEqual([]);
    await host.reconnect();
    await expect(call).rejects.toThrow(Error);
    await until('its death', () => worker.died);
    expect(log.lines).toEqual(expected);
    expect(host.events).toEqual([
      ...['connected', 'mediasoup', 'disconnected', 'connected', 'error Error'],
    ]);
    await host.untilEmpty();
    await host.client.getStats();
  });

  test('the server ends: the client learns it as soon as it asks again', async () => {
    const host = await MemoryHost.start({ client: { listenWorkerDied: false } });
    const { worker } = await buildRoom(host.mediasoup);

    await host.detach();
    await host.server.close();
    expect(workerProcesses()).toEqual([]);
    expect(worker.closed).toBe(false);
    host.takeOver();
    host.unreachable = false;
    await until('another session', () => host.events.at(-1) === 'mediasoup');
    expect(worker.died).toBe(true);
    expect(host.events).toEqual([
      ...['connected', 'mediasoup', 'disconnected', 'no mediasoup', 'connected', 'mediasoup'],
    ]);
  });

  test('the client is closed: the server closes everything when the window is over', async () => {
    const host = await MemoryHost.start({ resumeWindow: 3000 });
    const { worker, log } = await buildRoom(host.mediasoup);

    await host.detach();
    host.client.close();
    expect(worker).toMatchObject({ closed: true, died: false, subprocessClosed: true });
    expect(log.lines.slice(-2)).toEqual([
      'worker.observer close [closed]',
      'worker subprocessclose [closed]',
    ]);
    expect(host.server.sessions).toBe(1);
    await until('the end of the session', () => host.server.sessions === 0);
    await until('the end of its worker', () => workerProcesses().length === 0);
  });
});

describe('both ends close', () => {
  test('at once, with calls under way', async () => {
    const host = await MemoryHost.start();
    const { worker, router } = await buildRoom(host.mediasoup);
    const calls = Promise.allSettled([router.dump(), host.mediasoup.createWorker()]);
    const closing = host.server.close();

    host.client.close();
    await closing;
    expect(workerProcesses()).toEqual([]);
    expect(worker.closed).toBe(true);
    expect((await calls).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await until('close', () => host.events.includes('close'));
    expect(host.client.readyState).toBe(3);
  });

  test('the server while a client says hello: it gets no session', async () => {
    const host = new MemoryHost({
      onConnection: ({ client }, index) => {
        if (index === 0) {
          const hello = client.fence();

          void hello.reached().then(async () => {
            // The hello is on its way when the server closes the connection.
            hello.release();
            await host.server.close();
          });
        }
      },
    });

    await until('another attempt', () => host.attempts > 1);
    expect(host.server.sessions).toBe(0);
    expect(host.events).toEqual(['error ConnectionError']);
  });

  test('the server, then a client that has not heard of it goes on asking', async () => {
    const host = await MemoryHost.start({ client: { listenWorkerDied: false } });
    const worker = await host.mediasoup.createWorker();
    const died = nextEvent<types.WorkerEvents, 'died'>(worker, 'died');
    const goodbye = host.connection.server.fence();
    const closing = host.server.close();
    const call = worker.dump();

    goodbye.release();
    await expect(call).rejects.toMatchObject({ name: 'WorkerClosedError' });
    await died;
    await closing;
    expect(workerProcesses()).toEqual([]);
    expect(host.client.mediasoup).toBeUndefined();
  });
});

async function received(producer: types.Producer): Promise<number> {
  const [stats] = await producer.getStats();

  return stats?.packetCount ?? 0;
}
