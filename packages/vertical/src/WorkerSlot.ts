import { hostOf } from '@tureen/manager';
import type { types } from 'mediasoup';
import { andThen } from './OnePerSlot.js';
import type { PlacementCandidate } from './placement/types.js';
import type { RealRouter } from './RealRouter.js';

/** What a slot needs of the virtual worker that it belongs to. */
export interface SlotOwner {
  readonly closed: boolean;
  readonly restartDelay: { readonly first: number; readonly most: number };
  /** A worker that died here may be replaced: there are cores for so many. */
  mayReplace(slot: WorkerSlot): boolean;
  startWorker(): Promise<types.Worker>;
  workerStarted(slot: WorkerSlot, worker: types.Worker): void;
  /** @param error - Undefined if the worker closed without having died. */
  workerEnded(slot: WorkerSlot, worker: types.Worker, error: Error | undefined): void;
}

export type Contents = Pick<
  PlacementCandidate,
  'weight' | 'transports' | 'producers' | 'consumers'
>;

/** A worker that has lived this long, in milliseconds, has not died of being started. */
const stableAfter = 30_000;

/** A place for one real worker: the first one, and each that replaces it. */
export class WorkerSlot {
  readonly routers = new Set<RealRouter>();
  /** Ids of producers of both kinds, those of pipes included: a worker takes each but once. */
  readonly producerIds = new Set<string>();
  /** Since when nothing has been in it, by performance.now(); undefined while it is in use. */
  idleSince: number | undefined;
  #worker: types.Worker | undefined;
  #starting: Promise<types.Worker> | undefined;
  /** Calls under way that put something in it. */
  #calls = 0;
  #restart: NodeJS.Timeout | undefined;
  #restartDelay = 0;
  #startedAt = 0;

  constructor(
    readonly index: number,
    private readonly owner: SlotOwner,
  ) {}

  /** The worker that runs here now. */
  get worker(): types.Worker | undefined {
    return this.#worker;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined && !this.#worker.closed;
  }

  /** Id of the host that the worker is on; undefined while none runs, or where all are on one. */
  get host(): string | undefined {
    return this.#worker && hostOf(this.#worker)?.id;
  }

  /** What the application has on it. */
  get contents(): Contents {
    const sum = { weight: 0, transports: 0, producers: 0, consumers: 0 };

    for (const { transports, producers, consumers, weight } of this.routers) {
      sum.weight += weight;
      sum.transports += transports.size;
      sum.producers += producers.audio + producers.video;
      sum.consumers += consumers.audio + consumers.video;
    }

    return sum;
  }

  /** A worker has died here, and its replacement waits for its time. */
  get isWaiting(): boolean {
    return this.#restart !== undefined;
  }

  get isStarting(): boolean {
    return this.#starting !== undefined;
  }

  /** Something is in it, or about to be. */
  get isUsed(): boolean {
    return this.routers.size > 0 || this.#calls > 0;
  }

  /**
   * Puts something in it: until that is there its worker does not count as idle. Begins at once if
   * there is one, so that what an application does in one go reaches it in that order.
   */
  use<T>(put: (worker: types.Worker) => Promise<T>): Promise<T> {
    this.#calls += 1;

    return andThen(this.start(), put).finally(() => (this.#calls -= 1));
  }

  /** The worker here, started if there is none; calls at once share one start. */
  start(): types.Worker | Promise<types.Worker> {
    return this.#worker ?? this.#startOnce();
  }

  /** Ends the worker because nothing needs it; the next start() makes another. */
  stop(): void {
    const worker = this.#worker;

    this.#cancelRestart();
    this.#worker = undefined;
    worker?.close();
  }

  #startOnce(): Promise<types.Worker> {
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));

    return this.#starting;
  }

  async #start(): Promise<types.Worker> {
    this.#cancelRestart();

    let worker: types.Worker;

    try {
      worker = await this.owner.startWorker();
    } catch (error) {
      this.#restartLater();
      throw error;
    }

    this.#worker = worker;
    this.#startedAt = performance.now();
    this.idleSince = this.#startedAt;
    worker.once('died', (error) => this.#ended(worker, error));
    worker.observer.once('close', () => this.#ended(worker, undefined));
    this.owner.workerStarted(this, worker);

    return worker;
  }

  #ended(worker: types.Worker, error: Error | undefined): void {
    // 'died' comes before 'close'; a worker stopped by us is not known any more.
    if (this.#worker !== worker) {
      return;
    }
    this.#worker = undefined;
    if (performance.now() - this.#startedAt > stableAfter) {
      this.#restartDelay = 0;
    }
    this.owner.workerEnded(this, worker, error);
    if (error) {
      this.#restartLater();
    }
  }

  #restartLater(): void {
    const { first, most } = this.owner.restartDelay;

    if (this.owner.closed || this.#restart) {
      return;
    }
    this.#restartDelay = Math.min(Math.max(this.#restartDelay * 2, first), most);
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      if (this.owner.mayReplace(this)) {
        // Whatever went wrong has started the wait for the next attempt.
        this.#startOnce().catch(() => undefined);
      }
    }, this.#restartDelay);
    this.#restart.unref();
  }

  #cancelRestart(): void {
    clearTimeout(this.#restart);
    this.#restart = undefined;
  }
}
