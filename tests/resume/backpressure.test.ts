import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { RemoteServer, WebSocketListener, type RemoteServerOptions } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';
import { audioProducer, loopback, mediaCodecs, receiverCapabilities } from '../support/media.js';
import type { Mediasoup } from '../support/targets.js';
import { TcpProxy } from '../support/TcpProxy.js';
import { workerProcesses } from '../support/useTarget.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { objectsOf } from './MemoryHost.js';

const megabyte = 1024 * 1024;
/** Nobody is given up for being slow: only the bounds hold. */
const patient = { pingInterval: 500, deadAfter: 600_000 };

/** Resident memory of a process, in bytes. */
function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

  return Number(kilobytes) * 1024;
}

/** RTP events that a daemon did not send, by its own count. */
async function droppedPackets(metrics: string): Promise<number> {
  const text = await (await fetch(metrics)).text();

  return Number(/^tureen_events_dropped_total\{.*event="rtp".*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

async function connect(
  url: string,
): Promise<{ client: RemoteMediasoupClient; proxy: TcpProxy; events: string[] }> {
  const proxy = await TcpProxy.start(url);
  const client = new RemoteMediasoupClient(proxy.url, { ...patient, requestTimeout: 120_000 });
  const events: string[] = [];

  onTestFinished(async () => {
    client.close();
    await proxy.close();
  });
  client.on('disconnected', (reason) => events.push(reason));
  await once(client, 'mediasoup');

  return { client, proxy, events };
}

/** RTP packets as fast as they go, from a socket of its own. */
class Flood {
  sent = 0;
  #going = true;
  readonly #socket = createSocket('udp4');

  private constructor(port: number) {
    const packet = Buffer.alloc(1200, 1);

    packet.writeUInt16BE(0x806f);
    packet.writeUInt32BE(1111, 8);

    const sendSome = (): void => {
      if (!this.#going) {
        return;
      }
      for (let count = 0; count < 32; count += 1) {
        packet.writeUInt16BE(this.sent & 0xffff, 2);
        packet.writeUInt32BE(this.sent, 4);
        this.#socket.send(Buffer.from(packet), port, '127.0.0.1');
        this.sent += 1;
      }
      setImmediate(sendSome);
    };

    onTestFinished(() => {
      this.stop();
      this.#socket.close();
    });
    sendSome();
  }

  static to(transport: types.PlainTransport): Flood {
    return new Flood(transport.tuple.localPort);
  }

  stop(): void {
    this.#going = false;
  }
}

/** Media that comes from a plain transport, goes to the application, and is traced on its way. */
async function flooded(object: Mediasoup) {
  const worker = await object.createWorker({ logLevel: 'none' });
  const router = await worker.createRouter({ mediaCodecs });
  const plain = await router.createPlainTransport({ listenInfo: loopback, comedia: true });
  const direct = await router.createDirectTransport();
  const producer = await plain.produce(audioProducer(1111));
  const consumer = await direct.consume({
    producerId: producer.id,
    rtpCapabilities: receiverCapabilities,
  });
  const heard = { rtp: 0, trace: 0 };

  consumer.on('rtp', () => (heard.rtp += 1));
  producer.on('trace', () => (heard.trace += 1));
  await producer.enableTraceEvent(['rtp']);

  return { worker, router, plain, producer, consumer, heard };
}

/** A server in this process behind a proxy, and what it counts. */
async function countingServer(options: Partial<RemoteServerOptions> = {}) {
  const told = new Map<string, number>();
  const dropped = new Map<string, number>();
  const count = (counts: Map<string, number>) => (kind: string, event: string) =>
    counts.set(event, (counts.get(event) ?? 0) + 1);
  const ignore = () => undefined;
  const server = new RemoteServer({
    mediasoup,
    meter: {
      told: count(told),
      dropped: count(dropped),
      called: ignore,
      resumed: ignore,
      refused: ignore,
    },
    ...options,
  });
  const listener = new WebSocketListener(server, { port: 0, ...patient });

  onTestFinished(async () => {
    await listener.close();
    await server.close();
    expect(workerProcesses()).toEqual([]);
  });

  return { server, told, dropped, ...(await connect(await listener.listen())) };
}

describe('a client that does not read', () => {
  test('costs a daemon no more than the bounds, and finds everything when it reads again', async () => {
    const daemon = await ObservedDaemon.start(['--health-port', '0']);
    const metrics = `${String(daemon.logged('ready')[0]?.['health'])}/metrics`;
    const { client, proxy, events } = await connect(daemon.url);
    const { router, plain, producer, heard } = await flooded(client.mediasoup as Mediasoup);
    const flood = Flood.to(plain);

    // Warm: the code has run, the pools are there.
    await until('a thousand packets', () => heard.rtp > 1000 && heard.trace > 100);

    const calls = Promise.allSettled(Array.from({ length: 3000 }, () => router.dump()));

    proxy.stall('down');

    const before = memoryOf(daemon.pid);
    let most = before;

    // Each is an event of more than 1200 bytes.
    await until(
      'far more packets than there is room for',
      async () => {
        most = Math.max(most, memoryOf(daemon.pid));

        return (await droppedPackets(metrics)) > 45_000;
      },
      60_000,
    );
    flood.stop();
    proxy.flow();
    for (const outcome of await calls) {
      expect(outcome).toMatchObject({ value: { id: router.id } });
    }
    // Control goes on as if nothing had been, media too.
    await producer.pause();
    expect(producer.paused).toBe(true);
    expect(events).toEqual([]);
    expect(most - before).toBeLessThan(72 * megabyte);
    client.close();
    await daemon.endCleanly();
  }, 90_000);

  test('misses RTP and traces, each counted, and nothing else', async () => {
    const { server, told, dropped, client, proxy, events } = await countingServer({
      lossyBacklog: 64 * 1024,
    });
    const room = await flooded(client.mediasoup as Mediasoup);
    const { worker, router, plain, producer, consumer, heard } = room;
    const numbers = await echo(router);
    const flood = Flood.to(plain);

    await until('packets', () => heard.rtp > 100);
    proxy.stall('down');
    for (let number = 0; number < 500; number += 1) {
      numbers.send(number);
    }
    await until('drops', () => (dropped.get('rtp') ?? 0) > 2000);
    flood.stop();
    expect(dropped.get('trace')).toBeGreaterThan(0);
    expect(dropped.get('message')).toBeUndefined();
    proxy.flow();
    await until('every message', () => numbers.heard.length === 500);
    expect(numbers.heard).toEqual(Array.from({ length: 500 }, (_, number) => number));
    // By now every packet that left the server has come, and each of the others was counted.
    await producer.pause();
    await until('all that was told', () => heard.rtp === told.get('rtp'));

    const [stats] = await consumer.getStats();

    expect((told.get('rtp') ?? 0) + (dropped.get('rtp') ?? 0)).toBe(stats?.packetCount);
    expect(events).toEqual([]);
    worker.close();
    await until('the release of everything', () => objectsOf(server) === 0);
  }, 60_000);

  test('gets the answers to all that it asked at once, be they 48 MiB', async () => {
    const { server, client, proxy, events } = await countingServer();
    const { worker, router } = await flooded(client.mediasoup as Mediasoup);

    // Large answers: each tells of all transports.
    for (let count = 0; count < 10; count += 1) {
      await Promise.all(Array.from({ length: 100 }, () => router.createDirectTransport()));
    }
    proxy.stall('down');

    const calls = Array.from({ length: 1250 }, () => router.dump());

    await until(
      'all the answers to wait',
      () => server.state.unacknowledged > 100 && server.state.callsInFlight === 0,
      30_000,
    );
    proxy.flow();
    for (const { transportIds } of await Promise.all(calls)) {
      expect(transportIds).toHaveLength(1002);
    }
    expect(events).toEqual([]);
    worker.close();
  }, 60_000);

  test('and has too much to be told loses its session, by name, and begins another', async () => {
    const { server, client, proxy, events } = await countingServer({ retention: 16 * megabyte });
    const { worker, router } = await flooded(client.mediasoup as Mediasoup);
    const numbers = await echo(router, 3);
    let reasons = '';

    client.on('error', ({ message }) => (reasons += message));
    proxy.stall('down');
    // Each of them is told three times: 27 MiB.
    for (let count = 0; count < 36; count += 1) {
      numbers.send(0, 256 * 1024);
    }
    await until('the end of the session', () => server.sessions === 0);
    await until('the end of its workers', () => workerProcesses().length === 0);
    proxy.flow();
    await until('the death of the worker', () => worker.died);
    await until('another session', () => client.mediasoup);
    expect(server.sessions).toBe(1);
    expect(events).toHaveLength(1);
    expect(reasons).toContain('session lost');
  }, 60_000);
});

describe('a server that does not read', () => {
  test('costs an application no more than the bounds: RTP is dropped, calls are refused', async () => {
    const { client, proxy, events } = await countingServer();
    const { worker, router } = await flooded(client.mediasoup as Mediasoup);
    const direct = await router.createDirectTransport();
    const producer = await direct.produce(audioProducer(2222));
    const packet = Buffer.alloc(1200, 1);
    const count = 30_000;

    packet.writeUInt16BE(0x806f);
    packet.writeUInt32BE(2222, 8);
    proxy.stall('up');
    for (let sent = 0; sent < count; sent += 1) {
      packet.writeUInt16BE(sent & 0xffff, 2);
      producer.send(Buffer.from(packet));
      if (sent % 100 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }

    // Calls are still taken, until too many wait; none that was taken is lost.
    const filler = 'x'.repeat(256 * 1024);
    const calls: Promise<unknown>[] = [];
    let refused: unknown;

    while (!refused && calls.length < 1000) {
      const call = router.createDirectTransport({ maxMessageSize: 1, filler } as never);

      calls.push(call);
      call.catch((error) => (refused = error));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refused).toMatchObject({ name: 'BacklogError' });
    expect(calls.length).toBeLessThan(60);
    proxy.flow();

    const outcomes = await Promise.allSettled(calls);

    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect((await router.dump()).transportIds).toHaveLength(3 + calls.length - 1);

    const [stats] = await producer.getStats();
    // What the sockets in between hold comes on top of the backlog of 8 MiB.
    const arrived = (stats?.packetCount ?? 0) * packet.length;

    expect(arrived).toBeGreaterThan(megabyte);
    expect(arrived).toBeLessThan(24 * megabyte);
    expect(events).toEqual([]);
    worker.close();
  }, 60_000);
});

/** Numbers that go to the worker and come back as messages. */
async function echo(router: types.Router, consumers = 1) {
  const transport = await router.createDirectTransport();
  const dataProducer = await transport.produceData();
  const heard: number[] = [];

  for (let count = 0; count < consumers; count += 1) {
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });

    dataConsumer.on('message', (message) => heard.push(message.readUInt32BE()));
  }

  return {
    heard,
    send(number: number, size = 4) {
      const message = Buffer.alloc(size);

      message.writeUInt32BE(number);
      dataProducer.send(message);
    },
  };
}
