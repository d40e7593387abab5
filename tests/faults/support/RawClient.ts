import { once } from 'node:events';
import {
  apiFingerprint,
  apiVersion,
  decodeFrame,
  encodeFrame,
  encodeMessage,
  MessageType,
  subprotocol,
  type Message,
  type Welcome,
} from '@tureen/protocol';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../../support/events.js';

export const goodHello = { client: 'raw', api: apiVersion, fingerprint: apiFingerprint };

/** Any message: those of this client need not make sense. */
type Anything = readonly unknown[];

/** Nothing of it need make sense. */
type Call = [
  handle: unknown,
  method: unknown,
  args?: unknown,
  childHandle?: unknown,
  after?: unknown,
];

/** A client of the protocol that says whatever it is told to say. */
export class RawClient {
  readonly messages: Message[] = [];
  welcome: Welcome | undefined;
  /** Why the server closed the connection, once it has. */
  closed: { code: number; reason: string } | undefined;
  readonly #socket: WebSocket;
  #sequence = 0;
  #callId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      for (const message of decodeFrame(data, true).messages) {
        this.messages.push(message);
        if (message[0] === MessageType.welcome) this.welcome = message[1];
      }
    });
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  }

  /** Opens a connection, says nothing, and drops it when the test is over. */
  static async connect(url: string, token?: string): Promise<RawClient> {
    const socket = new WebSocket(url, subprotocol, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    const client = new RawClient(socket);

    onTestFinished(() => socket.terminate());
    await once(socket, 'open');

    return client;
  }

  /** Opens a connection and begins a session. */
  static async greet(url: string, token?: string): Promise<RawClient> {
    const client = await RawClient.connect(url, token);

    client.hello();
    await until('a welcome', () => client.welcome);

    return client;
  }

  hello(hello: unknown = goodHello): void {
    this.sendRaw(encodeFrame(0, 0, [encode([MessageType.hello, hello])]));
  }

  /** One frame with the next number. */
  send(...messages: Anything[]): void {
    this.#sequence += 1;
    this.sendRaw(encodeFrame(this.#sequence, 0, messages.map(encode)));
  }

  /** One frame with the next number, whose content is as given. */
  sendEncoded(...messages: Buffer[]): void {
    this.#sequence += 1;
    this.sendRaw(encodeFrame(this.#sequence, 0, messages));
  }

  sendRaw(data: Buffer | string): void {
    this.#socket.send(data);
  }

  /** Sends a call without waiting. @returns Its id. */
  beginCall(...call: Call): number {
    return this.beginCalls([call])[0]!;
  }

  /** Sends calls in one frame, so that the server sees them at once. @returns Their ids. */
  beginCalls(calls: readonly Call[]): number[] {
    const messages = calls.map(([handle, method, args = [], ...rest]) => {
      this.#callId += 1;

      const more = rest.filter((each) => each !== undefined);

      return [MessageType.call, this.#callId, handle, method, args, ...more];
    });

    this.send(...messages);

    return messages.map(([, id]) => id as number);
  }

  /** Makes a call. @returns Its result. @throws What the server answered instead. */
  async call(
    handle: unknown,
    method: unknown,
    args: unknown = [],
    childHandle?: unknown,
  ): Promise<unknown> {
    return this.answer(this.beginCall(handle, method, args, childHandle));
  }

  async answer(id: number): Promise<unknown> {
    const find = (): Message | undefined =>
      this.messages.find(
        ([type, answered]) =>
          (type === MessageType.reply || type === MessageType.failure) && answered === id,
      );

    await until(`an answer to call ${id}`, () => find() ?? this.closed);

    const message = find();

    if (message?.[0] === MessageType.reply) return message[2];
    if (message?.[0] === MessageType.failure) {
      throw Object.assign(new Error(message[2].message), { name: message[2].name });
    }
    throw new Error(`closed: ${this.closed?.code} ${this.closed?.reason}`);
  }

  notify(handle: unknown, method: unknown, args: unknown = []): void {
    this.send([MessageType.notify, handle, method, args]);
  }

  /** Handles that the server has released so far. */
  get released(): number[] {
    return this.messages.flatMap((message) =>
      message[0] === MessageType.release ? [message[1]] : [],
    );
  }

  async closedByServer(): Promise<{ code: number; reason: string }> {
    await until('the server to close the connection', () => this.closed);

    return this.closed as { code: number; reason: string };
  }

  /** Stops reading, as a client does that hangs. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.#socket.terminate();
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }
}

export function encode(message: Anything): Buffer {
  return encodeMessage(message as unknown as Message);
}
