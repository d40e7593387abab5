import { ClientClosedError } from '@tureen/protocol';
import type { types } from 'mediasoup';
import { EnhancedEventEmitter } from '../library.js';
import type { Mediasoup, MediasoupModule } from '../RemoteMediasoup.js';

/** Workers of one mock: like those of a client they close with it, and only it announces them. */
export class LocalWorkers {
  readonly #local: MediasoupModule;
  readonly #onDied: (error: Error) => void;
  readonly #workers = new Set<types.Worker>();
  readonly #observer: types.Observer = new EnhancedEventEmitter<types.ObserverEvents>();
  #open = false;

  constructor(local: MediasoupModule, onDied: (error: Error) => void) {
    this.#local = local;
    this.#onDied = onDied;
  }

  /** What the application gets: all of the local module, with these workers instead of all. */
  mediasoup(): Mediasoup {
    const { default: _, ...local } = this.#local as Partial<Mediasoup>;
    const object = {
      ...local,
      observer: this.#observer,
      createWorker: <A extends types.AppData>(settings?: types.WorkerSettings<A>) =>
        this.#createWorker(settings),
    };

    return Object.defineProperty(object, 'default', { value: object }) as Mediasoup;
  }

  open(): void {
    this.#open = true;
  }

  closeAll(): void {
    this.#open = false;
    for (const worker of this.#workers) {
      worker.close();
    }
  }

  async #createWorker<A extends types.AppData>(
    settings?: types.WorkerSettings<A>,
  ): Promise<types.Worker<A>> {
    this.#assertOpen();

    const worker = await this.#local.createWorker(settings);

    if (!this.#open) {
      worker.close();
    }
    this.#assertOpen();
    this.#keep(worker as unknown as types.Worker);

    return worker;
  }

  #keep(worker: types.Worker): void {
    let died: Error | undefined;

    this.#workers.add(worker);
    worker.once('died', (error) => (died = error));
    // Comes after 'died': the worker's own listeners hear of it first.
    worker.observer.once('close', () => {
      this.#workers.delete(worker);
      if (died) {
        this.#onDied(died);
      }
    });
    this.#observer.safeEmit('newworker', worker);
  }

  #assertOpen(): void {
    if (!this.#open) {
      throw new ClientClosedError('the client is closed');
    }
  }
}
