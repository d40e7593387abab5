import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { expect } from 'vitest';

interface Transport {
  iceCandidates: { port: number }[];
}

/** Somebody in a room of the example, without a browser. */
export class Guest {
  readonly #key = randomUUID();
  readonly #socket: Socket;
  /** What they were told of losing their place. */
  readonly removals: unknown[] = [];

  constructor(url: string) {
    this.#socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
    this.#socket.on('removed', (data) => this.removals.push(data));
  }

  async ask<T>(method: string, data: object = {}): Promise<T> {
    const answer: unknown = await this.#socket.timeout(30_000).emitWithAck(method, data);
    expect(answer).toHaveProperty('value');
    return (answer as { value: T }).value;
  }

  /** @returns the port that the media of the one transport goes to. */
  async join(room = 'lost-media'): Promise<number> {
    await this.#enter(room);
    return this.#transport('send');
  }

  /**
   * Receives what the others send, as far as the server can tell: nothing is decoded.
   *
   * @returns the port that it would come from.
   */
  async watch(room: string): Promise<number> {
    const rtpCapabilities = await this.#enter(room);
    // As a page does, which has two.
    await this.#transport('send');
    const port = await this.#transport('receive');
    await this.ask('receive', { rtpCapabilities });
    return port;
  }

  leave(): void {
    this.#socket.disconnect();
  }

  async #enter(room: string): Promise<object> {
    const answer = await this.ask<{ routerRtpCapabilities: object }>('join', {
      ...{ room, displayName: 'Guest', pageKey: this.#key },
    });
    return answer.routerRtpCapabilities;
  }

  async #transport(direction: 'send' | 'receive'): Promise<number> {
    const { iceCandidates } = await this.ask<Transport>('createTransport', { direction });
    return iceCandidates[0]!.port;
  }
}
