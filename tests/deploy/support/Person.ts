import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';

interface Answer {
  ok: boolean;
  error?: { code: string; message: string };
}

/**
 * Somebody in a room, as the example's page would be: a socket with the room in its address that
 * dials again by itself, and joins whenever it is connected.
 */
export class Person {
  /** How often the connection was lost. */
  losses = 0;
  joined = false;
  readonly #key = randomUUID();
  readonly #socket: Socket;

  constructor(
    url: string,
    readonly room: string,
  ) {
    this.#socket = io(url, {
      transports: ['websocket'],
      query: { room },
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      timeout: 8000,
      rejectUnauthorized: false,
    });
    this.#socket.on('connect', () => void this.#join());
    this.#socket.on('disconnect', () => {
      this.joined = false;
      this.losses += 1;
    });
  }

  leave(): void {
    this.#socket.disconnect();
  }

  /** Asks for another room than that of the socket's address. */
  async ask(room: string): Promise<Answer> {
    return (await this.#socket
      .timeout(20_000)
      .emitWithAck('join', { room, displayName: 'Ann', pageKey: this.#key })) as Answer;
  }

  async #join(): Promise<void> {
    const { id } = this.#socket;

    try {
      const { ok } = await this.ask(this.room);

      this.joined = ok && this.#socket.id === id;
    } catch {
      // The connection has gone again; the next one joins.
    }
  }
}
