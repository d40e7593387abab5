import type { types } from 'mediasoup';
import type { Mediasoup, MediasoupModule } from './Mediasoup.js';
import { moduleLike } from './moduleLike.js';
import { MediasoupEmitter } from './MediasoupEmitter.js';
import { ManagerClosedError } from './ManagerClosedError.js';

export interface LocalWorkersOptions {
  /** Announces them. Default: an emitter like mediasoup's. */
  observer?: types.Observer;
  /** What createWorker() rejects with while the Manager is closed. Default: a ManagerClosedError. */
  closedError?: () => Error;
}

/** The workers of one local Manager: they close with it, and only it announces them. */
export class LocalWorkers {
  readonly mediasoup: Mediasoup;
  readonly #observer: types.Observer;
  readonly #closedError: () => Error;
  readonly #workers = new Set<types.Worker>();
  #open = false;

  constructor(
    private readonly local: MediasoupModule,
    private readonly onDied: (error: Error) => void,
    {
      observer = new MediasoupEmitter<types.ObserverEvents>(),
      closedError = () => new ManagerClosedError('the manager is closed'),
    }: LocalWorkersOptions = {},
  ) {
    this.#observer = observer;
    this.#closedError = closedError;
    this.mediasoup = moduleLike(local, {
      observer: this.#observer,
      createWorker: <A extends types.AppData>(settings?: types.WorkerSettings<A>) =>
        this.#createWorker(settings),
    });
  }

  open(): void {
    this.#open = true;
  }

  closeAll(): void {
    this.#open = false;
    for (const worker of [...this.#workers]) {
      worker.close();
    }
  }

  async #createWorker<A extends types.AppData>(
    settings?: types.WorkerSettings<A>,
  ): Promise<types.Worker<A>> {
    this.#assertOpen();

    const worker = await this.local.createWorker(settings);

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
    // Comes after 'died': those who listen to the worker hear of it before those of the Manager.
    worker.observer.once('close', () => {
      this.#workers.delete(worker);
      if (died) {
        this.onDied(died);
      }
    });
    this.#observer.safeEmit('newworker', worker);
  }

  #assertOpen(): void {
    if (!this.#open) {
      throw this.#closedError();
    }
  }
}
