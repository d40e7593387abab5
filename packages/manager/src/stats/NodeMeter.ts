import type { HostEntry, ManagerStats } from './ManagerStats.js';

export interface NodeMeterOptions {
  /** Milliseconds between measurements; 0 measures only when told to. Default 2000. */
  interval?: number;
}

type NodeStats = Pick<ManagerStats, 'os' | 'hosts'>;

/** So many times in a row the stats may be missing before the last figure counts as outdated. */
const missable = 3;

/**
 * Measures the CPU of a host by the stats of its Manager, whatever else runs there. Keeps no
 * process running.
 */
export class NodeMeter {
  readonly #getStats: () => Promise<NodeStats>;
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;
  #cpu: number | undefined;
  #cpus: number | undefined;
  #draining: ReadonlySet<string> = new Set();
  #last: { busy: number; total: number } | undefined;
  #asking: Promise<void> | undefined;
  #missed = 0;

  constructor(getStats: () => Promise<NodeStats>, { interval = 2000 }: NodeMeterOptions = {}) {
    this.#getStats = getStats;
    this.#interval = interval;
    this.start();
  }

  /** Goes on after {@link stop}; not needed otherwise. */
  start(): void {
    if (this.#timer) {
      return;
    }
    if (this.#interval > 0) {
      this.#timer = setInterval(() => void this.measure(), this.#interval);
      this.#timer.unref();
    }
    void this.measure();
  }

  /** Percent of all cores of the host; undefined as long as it is not known. */
  get cpu(): number | undefined {
    return this.#missed < missable ? this.#cpu : undefined;
  }

  /** Cores of the host, or of all hosts, as told last; undefined as long as it is not known. */
  get cpus(): number | undefined {
    return this.#cpus;
  }

  /** Ids of the hosts that drain, as told last; none as long as no other one can be used. */
  get draining(): ReadonlySet<string> {
    return this.#draining;
  }

  /** Asks for stats now, unless they are being waited for. */
  refresh(): void {
    if (!this.#asking) {
      void this.measure();
    }
  }

  /** Asks for stats, unless they are still to come. Never rejects. */
  measure(): Promise<void> {
    if (this.#asking) {
      this.#missed += 1;
    }
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));

    return this.#asking;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #ask(): Promise<void> {
    try {
      const { os, hosts = [] } = await this.#getStats();

      this.#draining = drainingOf(hosts);
      if (os.cpus >= 1) {
        this.#cpus = Math.floor(os.cpus);
      }
      if (os.cpuTimes) {
        this.#take(os.cpuTimes);
        this.#missed = 0;
      }
    } catch {
      this.#missed += 1;
    }
  }

  #take(next: { busy: number; total: number }): void {
    const last = this.#last;
    const elapsed = last ? next.total - last.total : -1;

    // The counters of another host, or of this one after it was started again, may be less.
    if (!last || elapsed < 0 || next.busy < last.busy) {
      this.#last = next;
    } else if (elapsed > 0) {
      this.#last = next;
      this.#cpu = Math.min(100, ((next.busy - last.busy) / elapsed) * 100);
    }
  }
}

function drainingOf(hosts: readonly HostEntry[]): ReadonlySet<string> {
  const draining = hosts.some(({ usable }) => usable) ? hosts.filter((host) => host.draining) : [];

  return new Set(draining.flatMap(({ id }) => id ?? []));
}
