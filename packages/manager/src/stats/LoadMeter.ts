import { setTimeout } from 'node:timers/promises';
import type { types } from 'mediasoup';
import { WorkerLoad, type WorkerLoadOptions } from './WorkerLoad.js';

export interface LoadMeterOptions extends Partial<WorkerLoadOptions> {
  /** Milliseconds between measurements; 0 measures only when told to. Default 2000. */
  interval?: number;
  /** Milliseconds that {@link LoadMeter.measure} waits for workers. Default 1000. */
  timeout?: number;
}

/** A worker as far as it is measured. */
export type MeasuredWorker = Pick<types.Worker, 'closed' | 'observer' | 'getResourceUsage'>;

export interface WorkerUsage {
  /** Percent of one core; 0 until it was measured. */
  cpu: number;
  /** The most that was resident ever, bytes. */
  memory: number;
}

/**
 * Measures the CPU of real workers, through nothing but mediasoup's API: works wherever they are.
 * A worker that closes or dies is forgotten; one that does not answer keeps its last figures, and is
 * not asked again until it does. Keeps no process running.
 */
export class LoadMeter {
  readonly #loads = new Map<MeasuredWorker, WorkerLoad>();
  readonly #interval: number;
  readonly #timeout: number;
  readonly #loadOptions: WorkerLoadOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LoadMeterOptions = {}) {
    const { interval = 2000, timeout = 1000, smoothing = 1500 } = options;

    this.#interval = interval;
    this.#timeout = timeout;
    this.#loadOptions = { smoothing, now: options.now ?? (() => performance.now()) };
  }

  /** Measures a worker from now on, until it closes. */
  watch(worker: MeasuredWorker): void {
    if (worker.closed || this.#loads.has(worker)) {
      return;
    }

    const load = new WorkerLoad(worker, this.#loadOptions);

    this.#loads.set(worker, load);
    worker.observer.once('close', () => this.forget(worker));
    void load.measure();
    this.#startTimer();
  }

  forget(worker: MeasuredWorker): void {
    this.#loads.delete(worker);
    if (this.#loads.size === 0) {
      this.#stopTimer();
    }
  }

  /** What was measured last; undefined for a worker that is not watched. */
  usageOf(worker: MeasuredWorker): WorkerUsage | undefined {
    const load = this.#loads.get(worker);

    return load && { cpu: load.cpu, memory: load.memory };
  }

  /** Milliseconds that a worker has been asked without an answer; 0 if it owes none. */
  silenceOf(worker: MeasuredWorker): number {
    return this.#loads.get(worker)?.silence ?? 0;
  }

  /** Measures all workers now. Resolves when they have answered, or `timeout` is over. */
  async measure(): Promise<void> {
    const answered = new AbortController();
    const all = Promise.all([...this.#loads.values()].map((load) => load.measure()));
    const tooLate = setTimeout(this.#timeout, undefined, { signal: answered.signal, ref: false });

    await Promise.race([all, tooLate]);
    answered.abort();
    await tooLate.catch(() => undefined);
  }

  /** Forgets all workers. */
  stop(): void {
    this.#loads.clear();
    this.#stopTimer();
  }

  #startTimer(): void {
    if (this.#interval > 0 && !this.#timer) {
      this.#timer = setInterval(() => {
        this.#loads.forEach((load) => void load.measure());
      }, this.#interval);
      this.#timer.unref();
    }
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
