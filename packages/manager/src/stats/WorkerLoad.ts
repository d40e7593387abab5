import type { types } from 'mediasoup';

/** Workers count their CPU in whole milliseconds: over less time than this it tells nothing. */
const shortestWindow = 100;

export interface WorkerLoadOptions {
  /** Milliseconds in which most of what was measured before is forgotten; 0 forgets it at once. */
  smoothing: number;
  /** Milliseconds of a clock that never goes back. */
  now: () => number;
}

/** CPU and memory of one worker, as its own answers tell. */
export class WorkerLoad {
  #cpu: number | undefined;
  #memory = 0;
  #last: { at: number; cpuTime: number } | undefined;
  #asking: Promise<void> | undefined;
  /** When it was first asked what it has not answered since. */
  #unansweredAt: number | undefined;

  constructor(
    private readonly worker: Pick<types.Worker, 'getResourceUsage'>,
    private readonly options: WorkerLoadOptions,
  ) {}

  /** Percent of one core; 0 until it was measured. */
  get cpu(): number {
    return this.#cpu ?? 0;
  }

  /** The most that was resident ever, bytes. */
  get memory(): number {
    return this.#memory;
  }

  /** Milliseconds that it has been asked without an answer; 0 if it owes none. */
  get silence(): number {
    return this.#unansweredAt === undefined ? 0 : this.options.now() - this.#unansweredAt;
  }

  /**
   * Asks the worker, unless it is still to answer. Never rejects: what a worker that is closing or
   * out of reach does not tell stays as it was.
   */
  measure(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));

    return this.#asking;
  }

  async #ask(): Promise<void> {
    this.#unansweredAt ??= this.options.now();
    try {
      this.#take(await this.worker.getResourceUsage());
      this.#unansweredAt = undefined;
    } catch {
      // It is asked again.
    }
  }

  #take({ ru_utime, ru_stime, ru_maxrss }: types.WorkerResourceUsage): void {
    const { smoothing, now } = this.options;
    const next = { at: now(), cpuTime: ru_utime + ru_stime };
    const last = this.#last;

    // mediasoup gives kibibytes.
    this.#memory = ru_maxrss * 1024;
    if (!last || next.cpuTime < last.cpuTime) {
      this.#last = next;

      return;
    }

    const elapsed = next.at - last.at;

    if (elapsed < shortestWindow) {
      return;
    }

    const measured = ((next.cpuTime - last.cpuTime) / elapsed) * 100;
    const fresh = smoothing > 0 ? 1 - Math.exp(-elapsed / smoothing) : 1;

    this.#last = next;
    this.#cpu = this.#cpu === undefined ? measured : this.#cpu + (measured - this.#cpu) * fresh;
  }
}
