import { EventEmitter } from 'node:events';
import type { Mediasoup, MediasoupModule } from './Mediasoup.js';
import { getStatsFactory, type StatsSource } from './stats/getStatsFactory.js';
import { LocalWorkers } from './LocalWorkers.js';
import { type Manager, type ManagerEvents, ReadyState } from './Manager.js';
import { ManagerClosedError } from './ManagerClosedError.js';
import type { ManagerStats } from './stats/ManagerStats.js';

export interface LocalManagerOptions {
  /**
   * Also emit 'error' on the manager when a worker dies, if anybody listens to 'error'. Default
   * true. Switch it off where something above listens to the workers itself.
   */
  listenWorkerDied?: boolean;
}

/** Gives a mediasoup module of this process, with the life of the Manager of a remote one. */
class LocalManager extends EventEmitter<ManagerEvents> implements Manager {
  readonly #listenWorkerDied: boolean;
  readonly #workers: LocalWorkers;
  #stats: StatsSource | undefined;
  #readyState: number = ReadyState.CLOSED;
  /** Counts openings: what an earlier one began must not go on after a close. */
  #opening = 0;

  constructor(mediasoup: MediasoupModule, { listenWorkerDied = true }: LocalManagerOptions = {}) {
    super();
    this.#listenWorkerDied = listenWorkerDied;
    this.#workers = new LocalWorkers(mediasoup, (error) => this.#workerDied(error));
    this.open();
  }

  get mediasoup(): Mediasoup | undefined {
    return this.#readyState === ReadyState.CONNECTED ? this.#workers.mediasoup : undefined;
  }

  get readyState(): number {
    return this.#readyState;
  }

  open(): void {
    if (this.#isOpen) {
      return;
    }
    this.#readyState = ReadyState.CONNECTING;
    this.#opening += 1;

    const opening = this.#opening;

    this.#stats = getStatsFactory(this.#workers.mediasoup);
    setImmediate(() => {
      if (this.#opening === opening && this.#isOpen) {
        this.#connected();
      }
    });
  }

  close(): void {
    if (!this.#isOpen) {
      return;
    }

    const available = this.mediasoup !== undefined;

    this.#readyState = ReadyState.CLOSING;
    this.#workers.closeAll();
    this.#stats?.close();
    if (available) {
      this.#tell('mediasoup', undefined);
    }
    process.nextTick(() => {
      // Unless it was opened again meanwhile.
      if (!this.#isOpen) {
        this.#readyState = ReadyState.CLOSED;
      }
      this.#tell('close');
    });
  }

  destroy(): void {
    this.close();
  }

  async getStats(): Promise<ManagerStats> {
    if (!this.#isOpen || !this.#stats) {
      throw new ManagerClosedError('the manager is closed');
    }

    return this.#stats.getStats();
  }

  get #isOpen(): boolean {
    return this.#readyState !== ReadyState.CLOSED && this.#readyState !== ReadyState.CLOSING;
  }

  #connected(): void {
    this.#readyState = ReadyState.CONNECTED;
    this.#workers.open();
    this.#tell('connected');
    this.#tell('mediasoup', this.#workers.mediasoup);
  }

  #workerDied(error: Error): void {
    // Unheard, an 'error' would end a process that listens to its workers instead.
    if (this.#listenWorkerDied && this.listenerCount('error') > 0) {
      this.#tell('error', error);
    }
  }

  /** What a listener throws surfaces as uncaught exception, and not in whoever emits. */
  #tell<E extends keyof ManagerEvents>(event: E, ...args: ManagerEvents[E]): void {
    try {
      // The types of EventEmitter do not follow E through `args`.
      (this as EventEmitter).emit(event, ...args);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}

/**
 * A Manager over the mediasoup module of this process. What it gives is that module, except that
 * its workers are this manager's own: its observer tells of them alone, and they close with it.
 */
export function localManager(mediasoup: MediasoupModule, options?: LocalManagerOptions): Manager {
  return new LocalManager(mediasoup, options);
}
