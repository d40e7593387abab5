import { EventEmitter } from 'node:events';
import type { Manager, ManagerEvents, ManagerStats } from './Manager.js';
import type { Mediasoup } from './RemoteMediasoup.js';

/** What the client and its mock have in common. */
export abstract class ManagerBase extends EventEmitter<ManagerEvents> implements Manager {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static readonly CONNECTED = 4;

  readonly #listenWorkerDied: boolean;

  constructor({ listenWorkerDied = true }: { listenWorkerDied?: boolean }) {
    super();
    this.#listenWorkerDied = listenWorkerDied;
  }

  abstract get mediasoup(): Mediasoup | undefined;

  abstract get readyState(): number;

  abstract open(url?: string | URL): void;

  abstract close(): void;

  abstract getStats(): Promise<ManagerStats>;

  destroy(): void {
    this.close();
  }

  /**
   * Emits. What a listener throws, or an 'error' that nobody hears, surfaces as uncaught exception
   * and not in whoever emits: an application that survives it shall find the connection in order.
   */
  protected tell<E extends keyof ManagerEvents>(event: E, ...args: ManagerEvents[E]): void {
    try {
      // The types of EventEmitter do not follow E through `args`.
      (this as EventEmitter).emit(event, ...args);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }

  /** Tells of a worker's death, if that is wanted here. */
  protected workerDied(error: Error): void {
    // Unheard, an 'error' would end a process that listens to its workers instead.
    if (this.#listenWorkerDied && this.listenerCount('error') > 0) {
      this.tell('error', error);
    }
  }
}
