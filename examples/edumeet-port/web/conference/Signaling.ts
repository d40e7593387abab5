import { io, type Socket } from 'socket.io-client';
import type { Answer, Method, NotificationName, Notifications } from '../../shared/protocol.js';
import { ConnectionLostError, RefusedError } from './errors.js';
import type { PageMedia, RequestAnswer, RequestData } from './wire.js';

const REQUEST_TIMEOUT_MS = 12_000;

export type NotificationHandlers = {
  [N in NotificationName]: (data: Notifications<PageMedia>[N]) => void;
};

/** The socket to the server. It redials by itself until it is closed. */
export class Signaling {
  readonly #socket: Socket;

  /** @param room - In the socket's address, by which a balancer knows the room's app server. */
  constructor(room: string) {
    this.#socket = io({
      autoConnect: false,
      transports: ['websocket'],
      query: { room },
      reconnectionDelay: 300,
      reconnectionDelayMax: 4_000,
      timeout: 8_000,
    });
  }

  open(): void {
    this.#socket.connect();
  }

  close(): void {
    this.#socket.disconnect();
  }

  /** Resolves as soon as there is a connection, at once when there is one. */
  async connected(signal: AbortSignal): Promise<void> {
    if (this.#socket.connected) return;
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('connect', resolve);
      signal.addEventListener('abort', () => {
        this.#socket.off('connect', resolve);
        reject(new ConnectionLostError('left'));
      });
    });
  }

  /** Calls back when a dialling attempt fails. Returns what takes the listener off. */
  onDialFailed(listener: () => void): () => void {
    this.#socket.on('connect_error', listener);
    return () => this.#socket.off('connect_error', listener);
  }

  onDisconnect(listener: () => void): () => void {
    this.#socket.on('disconnect', listener);
    return () => this.#socket.off('disconnect', listener);
  }

  /** Listens to everything that the server tells. Returns what takes the listeners off. */
  listen(handlers: NotificationHandlers): () => void {
    const entries = Object.entries(handlers) as [NotificationName, (data: unknown) => void][];
    for (const [name, handler] of entries) this.#socket.on(name, handler);
    return () => {
      for (const [name, handler] of entries) this.#socket.off(name, handler);
    };
  }

  /** @throws RefusedError or ConnectionLostError. */
  async request<M extends Method>(method: M, data: RequestData<M>): Promise<RequestAnswer<M>> {
    // socket.io would keep it and send it after a reconnect, when it means nothing any more.
    if (!this.#socket.connected) throw new ConnectionLostError('not connected');
    let answer: Answer<RequestAnswer<M>>;
    try {
      answer = await this.#socket.timeout(REQUEST_TIMEOUT_MS).emitWithAck(method, data);
    } catch (cause) {
      throw new ConnectionLostError(`no answer to ${method}`, { cause });
    }
    if (!answer.ok) throw new RefusedError(answer.error.code, answer.error.message);
    return answer.value;
  }
}
