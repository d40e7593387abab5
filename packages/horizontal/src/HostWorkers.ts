import type { types } from 'mediasoup';

/**
 * The workers that a host was given from here. It stays the same one when the host is taken out and
 * added again: the workers are still there.
 */
export class HostWorkers implements Iterable<types.Worker> {
  readonly #workers = new Set<types.Worker>();
  /** Shared by all who wait for the last one to go. */
  #empty: { promise: Promise<void>; resolve: () => void } | undefined;

  get size(): number {
    return this.#workers.size;
  }

  [Symbol.iterator](): IterableIterator<types.Worker> {
    return this.#workers.values();
  }

  add(worker: types.Worker): void {
    this.#workers.add(worker);
  }

  delete(worker: types.Worker): void {
    this.#workers.delete(worker);
    if (this.#workers.size === 0) {
      this.#empty?.resolve();
      this.#empty = undefined;
    }
  }

  /** Resolves when none is left. */
  whenEmpty(): Promise<void> {
    if (this.#workers.size === 0) {
      return Promise.resolve();
    }
    if (!this.#empty) {
      let resolve!: () => void;
      const promise = new Promise<void>((done) => (resolve = done));

      this.#empty = { promise, resolve };
    }

    return this.#empty.promise;
  }
}
