import type { MediasoupModule } from '@tureen/manager';
import type { types } from 'mediasoup';

/** Milliseconds in which a worker may still come of a call that has failed. */
const lateness = 60_000;

/** What somebody has asked for and got: nobody else closes it. */
const claimed = new WeakSet<types.Worker>();

/**
 * A call that fails may still be carried out, as on a host that was too slow. The worker that comes
 * of it belongs to nobody and is closed.
 */
export class LateWorker {
  #made: types.Worker | undefined;
  #abandoned = false;
  readonly #onWorker = (worker: types.Worker) => this.#take(worker);

  constructor(
    private readonly mediasoup: MediasoupModule,
    /** By which it is known; other calls under way may have the same. */
    private readonly appData: types.AppData,
  ) {
    mediasoup.observer.on('newworker', this.#onWorker);
  }

  /** It came in time. */
  claim(worker: types.Worker): void {
    claimed.add(worker);
    this.forget();
  }

  forget(): void {
    this.mediasoup.observer.off('newworker', this.#onWorker);
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#made) {
      closeUnlessClaimed(this.#made);
    }
    setTimeout(() => this.forget(), lateness).unref();
  }

  #take(worker: types.Worker): void {
    if (worker.appData === this.appData) {
      this.#made = worker;
      if (this.#abandoned) {
        closeUnlessClaimed(worker);
      }
    }
  }
}

/** Whoever asked for it learns of it within this turn. */
function closeUnlessClaimed(worker: types.Worker): void {
  setImmediate(() => {
    if (!claimed.has(worker)) {
      worker.close();
    }
  });
}
