import { BacklogError } from '@tureen/remote-client';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';
import { mediaCodecs } from '../support/media.js';
import { closeWorker, workerProcesses } from '../support/useTarget.js';
import { MemoryHost } from './MemoryHost.js';
import { buildRoom, deathOfAWorker, type Room } from './room.js';

/** Every worker died, once, with all below it, as in mediasoup. */
async function expectDeath(rooms: readonly Room[]): Promise<void> {
  const wanted = await deathOfAWorker();

  expect(wanted.filter((line) => line.startsWith('worker died'))).toHaveLength(1);
  for (const { worker, log } of rooms) {
    await until('the death of a worker', () => worker.closed);
    expect(log.lines).toEqual(wanted);
    expect(worker).toMatchObject({ closed: true, died: true, subprocessClosed: true });
  }
}

/** Nothing of the session is left on the server. */
async function expectNothingLeft(host: MemoryHost, sessions: number): Promise<void> {
  await until('the end of the lost session', () => host.server.sessions === sessions);
  await host.untilEmpty();
  await until('the end of its workers', () => workerProcesses().length === 0);
}

/** A fresh session took the place of the lost one, and is one to work with. */
async function expectFreshSession(host: MemoryHost): Promise<void> {
  await until('mediasoup again', () => host.events.at(-1) === 'mediasoup');
  expect(host.events).toEqual([
    ...['connected', 'mediasoup', 'disconnected', 'no mediasoup', 'connected', 'mediasoup'],
  ]);

  const worker = await host.mediasoup.createWorker();

  expect(await worker.createRouter()).toMatchObject({ closed: false });
  await closeWorker(worker);
}

const withoutErrors = { listenWorkerDied: false };

describe('a session is lost', () => {
  test('when the client does not come back within the window', async () => {
    const host = await MemoryHost.start({ resumeWindow: 100, client: withoutErrors });
    const rooms = [await buildRoom(host.mediasoup), await buildRoom(host.mediasoup)];
    const object = host.mediasoup;

    await host.detach();

    const { worker, router, dataProducer } = rooms[0] as Room;
    const calls = [router.dump(), worker.createRouter(), host.mediasoup.createWorker()];
    const outcomes = Promise.allSettled(calls);

    dataProducer.send('kept for nothing');
    expect(host.client.mediasoup).toBe(object);
    await expectDeath(rooms);
    expect(host.client.mediasoup).toBeUndefined();
    // Nobody can know whether they were done.
    expect(await outcomes).toMatchObject([
      { reason: { name: 'WorkerClosedError', cause: { name: 'SessionLostError' } } },
      { reason: { name: 'WorkerClosedError', cause: { name: 'SessionLostError' } } },
      { reason: { name: 'SessionLostError' } },
    ]);
    await expect(router.dump()).rejects.toMatchObject({ name: 'WorkerClosedError' });
    await expectNothingLeft(host, 0);
    host.unreachable = false;
    await expectFreshSession(host);
    expect(host.client.mediasoup).toBe(object);
  });

  test('when the server gave it up before the client noticed anything', async () => {
    const host = await MemoryHost.start({ resumeWindow: 30, client: withoutErrors });
    const rooms = [await buildRoom(host.mediasoup)];

    await host.halfOpen(() => host.server.sessions === 0);
    await expectDeath(rooms);
    await expectFreshSession(host);
    await expectNothingLeft(host, 1);
  });

  test('when the window ends in the middle of the resume', async () => {
    const host = await MemoryHost.start({
      resumeWindow: 60,
      client: { ...withoutErrors, handshakeTimeout: 5000 },
    });
    const rooms = [await buildRoom(host.mediasoup)];
    const late: { release(): void }[] = [];

    await host.detach();
    host.onConnection = ({ server }, index) => {
      if (index === 1) {
        late.push(server.fence());
      }
    };
    host.unreachable = false;
    await expectDeath(rooms);
    // Now the server says that it has the session still, which nobody wants any more.
    late[0]?.release();
    await expectFreshSession(host);
    await expectNothingLeft(host, 1);
  });

  test('with errors of the client as well, if anybody listens to those', async () => {
    const host = await MemoryHost.start({ resumeWindow: 20 });
    const workers = [await host.mediasoup.createWorker(), await host.mediasoup.createWorker()];

    await host.detach();
    await until('the loss', () => host.client.mediasoup === undefined);
    expect(workers.every(({ died }) => died)).toBe(true);
    expect(host.events.filter((event) => event === 'error SessionLostError')).toHaveLength(2);
    host.unreachable = false;
  });

  test('and a worker whose process was about to end has ended', async () => {
    const host = await MemoryHost.start({ resumeWindow: 30, client: withoutErrors });
    const worker = await host.mediasoup.createWorker();
    let ends = 0;

    worker.on('subprocessclose', () => (ends += 1));
    await host.detach();
    worker.close();
    expect(ends).toBe(0);
    await until('the end of the process', () => ends === 1);
    expect(worker).toMatchObject({ died: false, subprocessClosed: true });
    host.unreachable = false;
  });
});

describe('too much waits', () => {
  /** As large as a direct transport takes them. */
  const large = Buffer.alloc(256 * 1024);

  test('for the server: calls and messages are refused, all that was taken is done', async () => {
    const host = await MemoryHost.start();
    const { worker, dataProducer, dataConsumer } = await buildRoom(host.mediasoup);
    const router = await worker.createRouter();
    const heard: number[] = [];

    dataConsumer.on('message', ({ length }) => heard.push(length));
    await host.detach();

    let sent = 0;
    const send = () => {
      for (; sent < 1000; sent += 1) {
        dataProducer.send(large);
      }
    };

    expect(send).toThrow(BacklogError);
    expect(sent).toBeGreaterThan(40);
    expect(sent).toBeLessThan(64);
    await expect(router.dump()).rejects.toMatchObject({ name: 'BacklogError' });
    await expect(host.mediasoup.createWorker()).rejects.toMatchObject({ name: 'BacklogError' });
    // The news of an end cannot be refused.
    router.close();
    await host.reconnect();
    await until('every message that was taken', () => heard.length === sent);
    expect((await worker.dump()).routerIds).toHaveLength(1);
    expect(host.events).toEqual(['connected', 'mediasoup', 'disconnected', 'connected']);
    worker.close();
    await host.untilEmpty();
  });

  test('for the server, and none of it can be refused: the session is lost', async () => {
    const host = await MemoryHost.start({ client: withoutErrors });
    const room = await buildRoom(host.mediasoup);
    const filler = 'x'.repeat(1024 * 1024);
    const codecs = mediaCodecs.map((codec) => ({ ...codec, parameters: { filler } }));

    await host.detach();
    // Takes effect at once, so that there is nobody to tell that it was too much.
    for (let count = 0; count < 10 && !room.worker.closed; count += 1) {
      room.router.updateMediaCodecs(codecs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expectDeath([room]);
    expect(host.events).toEqual(['connected', 'mediasoup', 'disconnected', 'no mediasoup']);
    host.unreachable = false;
    await expectFreshSession(host);
  });

  test('for a server that is being asked, and turns out to be another one: one session', async () => {
    const host = await MemoryHost.start({ client: withoutErrors });
    const room = await buildRoom(host.mediasoup);
    const filler = 'x'.repeat(1024 * 1024);
    const codecs = mediaCodecs.map((codec) => ({ ...codec, parameters: { filler } }));

    await host.detach();
    await host.server.close();
    host.takeOver();
    host.onConnection = ({ server }, index) => {
      if (index === 1) {
        const welcome = server.fence();

        void welcome.reached().then(async () => {
          for (let count = 0; count < 10 && !room.worker.closed; count += 1) {
            room.router.updateMediaCodecs(codecs);
            await new Promise((resolve) => setImmediate(resolve));
          }
          welcome.release();
        });
      }
    };
    host.unreachable = false;
    await expectDeath([room]);
    await expectFreshSession(host);
    expect(host.connections).toHaveLength(2);
  });

  test('for the client: the server ends the session, and the client learns it', async () => {
    const served = new ServedData();
    const host = await MemoryHost.start({ client: withoutErrors });
    const room = await buildRoom(host.mediasoup);

    room.dataConsumer.on('message', () => undefined);
    await host.detach();

    // 64 MiB less a little.
    served.say(room.dataProducer.id, large, 250);
    await until('what may be kept', () => served.heard === 250);
    expect(host.server.sessions).toBe(1);
    served.say(room.dataProducer.id, large, 6);
    await until('the end of the session', () => host.server.sessions === 0);
    await until('the end of its workers', () => workerProcesses().length === 0);
    expect(room.worker.closed).toBe(false);
    host.unreachable = false;
    await expectDeath([room]);
    await expectFreshSession(host);
    await expectNothingLeft(host, 1);
  });
});

/** The data producers and consumers behind those of clients, as they come into being. */
class ServedData {
  /** Messages that any consumer got. */
  heard = 0;
  readonly #producers = new Map<string, types.DataProducer>();

  constructor() {
    const hear = (worker: types.Worker): void => {
      worker.observer.on('newrouter', ({ observer }) =>
        observer.on('newtransport', (transport) => {
          transport.observer.on('newdataproducer', (each) => this.#producers.set(each.id, each));
          transport.observer.on('newdataconsumer', (each) =>
            each.on('message', () => (this.heard += 1)),
          );
        }),
      );
    };

    mediasoup.observer.on('newworker', hear);
    onTestFinished(() => void mediasoup.observer.off('newworker', hear));
  }

  /** Sends a message many times, on the server. */
  say(producerId: string, message: Buffer, times: number): void {
    for (let sent = 0; sent < times; sent += 1) {
      this.#producers.get(producerId)?.send(message);
    }
  }
}
