import type { WorkerSlot } from './WorkerSlot.js';

interface Closing {
  readonly closed: boolean;
  onceClosed(listener: () => void): void;
}

/** One of a kind on each real worker, made when it is first asked for; calls at once share one. */
export class OnePerSlot<T> {
  readonly #ready = new Map<WorkerSlot, T>();
  readonly #making = new Map<WorkerSlot, Promise<T>>();

  /**
   * @param make - Makes one.
   * @param closingOf - How to learn that one has closed: it is forgotten then.
   */
  constructor(
    private readonly make: (slot: WorkerSlot) => Promise<T>,
    private readonly closingOf: (made: T) => Closing,
  ) {}

  has(slot: WorkerSlot): boolean {
    return this.#ready.has(slot) || this.#making.has(slot);
  }

  /**
   * At once if it is there, so that what an application begins in one go reaches the worker in
   * that order, as with mediasoup.
   */
  on(slot: WorkerSlot): T | Promise<T> {
    return this.#ready.get(slot) ?? this.#making.get(slot) ?? this.#start(slot);
  }

  #start(slot: WorkerSlot): Promise<T> {
    const making = this.make(slot).then(
      (made) => {
        this.#making.delete(slot);
        this.#keep(slot, made);

        return made;
      },
      (error: unknown) => {
        this.#making.delete(slot);
        throw error;
      },
    );

    this.#making.set(slot, making);

    return making;
  }

  #keep(slot: WorkerSlot, made: T): void {
    const closing = this.closingOf(made);

    if (closing.closed) {
      return;
    }
    this.#ready.set(slot, made);
    closing.onceClosed(() => {
      if (this.#ready.get(slot) === made) {
        this.#ready.delete(slot);
      }
    });
  }
}

/** Goes on with a value in the same turn if it is there already. */
export function andThen<T, U>(value: T | Promise<T>, next: (value: T) => Promise<U>): Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
