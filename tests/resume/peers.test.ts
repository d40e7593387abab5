import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  apiFingerprint,
  apiVersion,
  decodeFrame,
  encodeFrame,
  encodeMessage,
  MessageType,
  subprotocol,
  type Message,
  type ResumeRequest,
  type SessionKey,
} from '@tureen/protocol';
import { RemoteServer, WebSocketListener } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { until } from '../support/events.js';
import { MemoryHost } from './MemoryHost.js';
import { RawSession } from './RawSession.js';

/*
 * Clients that have a session and abuse what makes it survive: numbers, acknowledgements, resumes.
 */

const megabyte = 1024 * 1024;
const large = Buffer.alloc(256 * 1024);
const callStats = (id: number): Message => [MessageType.call, id, 0, 'getStats', []];

describe('a client that', () => {
  test('acknowledges what was never sent loses its session', async () => {
    const host = await MemoryHost.start();
    const raw = new RawSession(host.stranger()[0]);

    await raw.greet();
    expect(host.server.sessions).toBe(2);
    raw.send(1, 1000, callStats(1));
    await until('the end of its session', () => host.server.sessions === 1);
    await until('the end of its link', () => raw.closed !== undefined);
    expect(raw.closed).toContain('acknowledges');
    expect(await host.client.getStats()).toMatchObject({});
  });

  test('resumes with what was never sent loses its session', async () => {
    const host = await MemoryHost.start();
    const { session } = await new RawSession(host.stranger()[0]).greet();
    const raw = new RawSession(host.stranger()[0]);

    raw.hello({ ...session, received: 1000 });
    await until('the end of its session', () => host.server.sessions === 1);
    await until('the end of its link', () => raw.closed !== undefined);
  });

  test('never acknowledges has its session until the bound is reached', async () => {
    const host = await MemoryHost.start({ getStats: async () => large });
    const raw = new RawSession(host.stranger()[0]);
    let most = 0;

    await raw.greet();
    for (let call = 1; call <= 400 && raw.closed === undefined; call += 1) {
      raw.send(call, 0, callStats(call));
      await until('an answer', () => raw.frames.length > call || raw.closed !== undefined);
      most = Math.max(most, host.server.state.unacknowledged);
    }
    expect(raw.closed).toContain('too much waits');
    expect(host.server.sessions).toBe(1);
    // 64 MiB, and one frame that was too much.
    expect(most).toBeGreaterThan(240);
    expect(most).toBeLessThanOrEqual(256);
  });

  test('acknowledges what it has not read loses its session', async () => {
    let executed = 0;
    const getStats = async (): Promise<Buffer> => {
      executed += 1;

      return large;
    };
    const server = new RemoteServer({ mediasoup, getStats });
    const listener = new WebSocketListener(server, { port: 0 });
    const liar = await RawSocket.greet(await listener.listen());

    onTestFinished(async () => {
      liar.socket.terminate();
      await listener.close();
      await server.close();
    });
    liar.socket.pause();

    let call = 0;

    while (server.sessions > 0 && call < 1000) {
      call += 1;
      liar.send(call, call - 1, callStats(call));
      await until(
        'an answer',
        () => (executed === call && server.state.unacknowledged === 1) || server.sessions === 0,
      );
    }
    expect(server.sessions).toBe(0);
    // What may be kept and be on its way besides, and what the sockets hold.
    expect(call).toBeGreaterThan(300);
    expect((call * large.length) / megabyte).toBeLessThan(64 + 16 + 16);
  });

  test('resumes again and again without reading costs nothing, and harms nobody else', async () => {
    const daemon = await ObservedDaemon.start();
    const first = await RawSocket.greet(daemon.url);
    const other = await RawSocket.greet(daemon.url);
    const key = first.key as SessionKey;

    // Twelve megabytes that wait for an acknowledgement.
    first.send(1, 0, call(1, 0, 'createWorker', [{ logLevel: 'none' }], 1));
    await until('a worker', () => first.answers === 1);
    first.send(2, 0, call(2, 1, 'createRouter', [{}], 2));
    await until('a router', () => first.answers === 2);
    first.send(3, 0, call(3, 2, 'createDirectTransport', [{}], 3));
    await until('a transport', () => first.answers === 3);
    first.send(4, 0, call(4, 3, 'produceData', [{}], 4));
    await until('a data producer', () => first.answers === 4);
    first.send(5, 0, call(5, 3, 'consumeData', [{ dataProducerId: first.lastId }], 5));
    await until('a data consumer', () => first.answers === 5);
    for (let count = 0; count < 48; count += 1) {
      first.send(6 + count, 0, [MessageType.notify, 4, 'send', [large]]);
    }
    await until('as many messages', () => first.events === 48);

    const before = memoryOf(daemon.pid);
    let most = before;

    for (let attempt = 0; attempt < 60; attempt += 1) {
      const socket = await RawSocket.open(daemon.url);

      socket.hello({ ...key, received: 0 });
      await once(socket.socket, 'message');
      socket.socket.pause();
      most = Math.max(most, memoryOf(daemon.pid));
    }
    // Each of them would hold twelve megabytes.
    expect(most - before).toBeLessThan(96 * megabyte);
    other.send(1, 0, callStats(1));
    await until('an answer', () => other.answers === 1);

    const last = await RawSocket.open(daemon.url);

    last.hello({ ...key, received: 0 });
    await until('all of it once more', () => last.events === 48);
    expect(last.resumed).toBe(true);
    last.send(54, 0, [MessageType.goodbye]);
    await until('the end of its worker', () => daemon.workers.length === 0);
  }, 60_000);
});

function call(
  id: number,
  handle: number,
  method: string,
  args: unknown[],
  childHandle: number,
): Message {
  return [MessageType.call, id, handle, method, args, childHandle];
}

/** Resident memory of a process, in bytes. */
function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

  return Number(kilobytes) * 1024;
}

/** A WebSocket on which the test speaks the protocol itself. */
class RawSocket {
  key: SessionKey | undefined;
  resumed: boolean | undefined;
  answers = 0;
  events = 0;
  /** Id of the latest object that was created. */
  lastId: unknown;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('error', () => undefined);
    onTestFinished(() => socket.terminate());
  }

  static async open(url: string): Promise<RawSocket> {
    const socket = new WebSocket(url, subprotocol);

    await once(socket, 'open');

    return new RawSocket(socket);
  }

  static async greet(url: string): Promise<RawSocket> {
    const raw = await RawSocket.open(url);

    raw.hello();
    await until('a welcome', () => raw.key);

    return raw;
  }

  hello(resume?: ResumeRequest): void {
    const hello = { client: 'raw', api: apiVersion, fingerprint: apiFingerprint, resume };

    this.send(0, 0, [MessageType.hello, hello]);
  }

  send(sequence: number, acknowledged: number, ...messages: Message[]): void {
    this.socket.send(encodeFrame(sequence, acknowledged, messages.map(encodeMessage)));
  }

  #receive(data: Buffer): void {
    for (const message of decodeFrame(data, false).messages) {
      if (message[0] === MessageType.welcome) {
        this.key = message[1].session;
        this.resumed = message[1].resumed;
      } else if (message[0] === MessageType.reply) {
        this.answers += 1;
        this.lastId = (message[2] as { id?: unknown } | null)?.id;
      } else if (message[0] === MessageType.event && message[2] === 'message') {
        this.events += 1;
      }
    }
  }
}
