import { once } from 'node:events';
import { decodeFrame, encodeFrame, MessageType, subprotocol, type Welcome } from '@tureen/protocol';
import { WebSocket } from 'ws';
import { encode, goodHello } from '../faults/support/RawClient.js';
import { DEADLINE } from '../support/events.js';

/** Answers that may be missing before it waits for some. */
const window = 400;

/** A client that sends frames as fast as they are answered, whatever is in them. */
export class FuzzClient {
  welcome: Welcome | undefined;
  closed = false;
  /** Why the daemon closed the connection. */
  reason = '';
  answers = 0;
  failures = 0;
  readonly errors = new Map<number, string>();
  readonly replies = new Map<number, unknown>();
  readonly #socket: WebSocket;
  #sequence = 0;
  #received = 0;
  #id = 0;
  #asked = 0;
  #wake: (() => void) | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('close', (_code, reason) => {
      this.closed = true;
      this.reason = reason.toString();
      this.#wake?.();
    });
    socket.on('error', () => undefined);
  }

  static async connect(url: string, token: string): Promise<FuzzClient> {
    const socket = new WebSocket(url, subprotocol, {
      headers: { authorization: `Bearer ${token}` },
    });
    const client = new FuzzClient(socket);

    await once(socket, 'open');

    return client;
  }

  /** Begins a session. */
  async greet(hello: object = goodHello): Promise<void> {
    this.sendRaw(encodeFrame(0, 0, [encode([MessageType.hello, hello])]));
    await this.#until('a welcome', () => this.welcome !== undefined);
  }

  get nextId(): number {
    this.#id += 1;

    return this.#id;
  }

  /** One frame with the next number. @param calls - Answers that it asks for. */
  send(messages: Buffer[], calls: number): void {
    this.#sequence += 1;
    this.#asked += calls;
    this.sendRaw(encodeFrame(this.#sequence, this.#received, messages));
  }

  sendRaw(data: Buffer | string): void {
    this.#socket.send(data);
  }

  /** Makes one call and waits for its reply; undefined for a failure. */
  async call(handle: number, method: string, args: unknown, child?: number): Promise<unknown> {
    const id = this.nextId;

    this.send([encode([MessageType.call, id, handle, method, args, child])], 1);
    await this.#until(`the answer to ${method}`, () => this.replies.has(id) || this.errors.has(id));

    return this.replies.get(id);
  }

  /** Resolves when there is room for more. Rejects if the daemon goes silent. */
  async room(): Promise<void> {
    if (this.#asked - this.answers > window) {
      await this.settled(window / 2);
    }
  }

  /** Resolves when all but so many calls have been answered, or the connection is closed. */
  settled(missing = 0): Promise<void> {
    return this.#until('answers', () => this.#asked - this.answers <= missing);
  }

  /** Resolves when the daemon has closed the connection. */
  async gone(): Promise<void> {
    await this.#until('the connection to be closed', () => false);
  }

  drop(): void {
    this.#socket.terminate();
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake?.();
    }, 2 * DEADLINE);

    while (!condition() && !this.closed && !late) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    clearTimeout(timer);
    if (late) throw new Error(`the daemon did not answer: waiting for ${what}`);
  }

  #receive(data: Buffer): void {
    const { sequence, messages } = decodeFrame(data, false);

    this.#received = Math.max(this.#received, sequence);
    for (const message of messages) {
      if (message[0] === MessageType.reply) {
        this.answers += 1;
        if (this.replies.size < 100) this.replies.set(message[1], message[2]);
      } else if (message[0] === MessageType.failure) {
        this.answers += 1;
        this.failures += 1;
        if (this.errors.size < 100) this.errors.set(message[1], message[2].message);
      } else if (message[0] === MessageType.welcome) {
        this.welcome = message[1];
      }
    }
    this.#wake?.();
  }
}
