import { type ManagerStats, Reservations } from '@tureen/manager';

/** Part of a core that a new worker is expected to take while that cannot be seen yet. */
const coreShare = 0.5;

interface Sample {
  at: number;
  busy: number;
  total: number;
  received: number;
  sent: number;
}

/** How busy a host is, by what its stats tell from one time to the next. */
export class HostLoad {
  readonly #reservations = new Reservations();
  #cpu = 0;
  #network: number | undefined;
  #last: Sample | undefined;
  #cpus = 1;
  /** Milliseconds of all its cores since it was first asked. */
  readonly cpuTimes = { busy: 0, total: 0 };

  /** Cores. */
  get cpus(): number {
    return this.#cpus;
  }

  /** Percent of all cores. */
  get cpu(): number {
    return this.#cpu;
  }

  /** Percent of what the network carries, of the busier direction; undefined if not known. */
  get network(): number | undefined {
    return this.#network;
  }

  /** Percent of all cores held for what was placed lately. */
  get reserved(): number {
    return this.#reservations.percent;
  }

  /** Holds something for a worker. @returns Gives it back, if the worker does not come. */
  reserve(): () => void {
    return this.#reservations.hold((100 * coreShare) / this.#cpus);
  }

  take({ os }: ManagerStats): void {
    const { cpuTimes, network } = os;
    const next: Sample = {
      at: performance.now(),
      busy: cpuTimes?.busy ?? 0,
      total: cpuTimes?.total ?? 0,
      received: network?.received ?? 0,
      sent: network?.sent ?? 0,
    };
    const last = this.#last;

    this.#cpus = Math.max(1, os.cpus);
    this.#last = next;
    // Counters of a host that was started again begin anew.
    if (last && next.total > last.total && next.busy >= last.busy) {
      this.#takeCpu(next.busy - last.busy, next.total - last.total);
    }
    if (last && network?.capacity && next.sent >= last.sent && next.received >= last.received) {
      this.#takeNetwork(last, next, network.capacity);
    }
  }

  #takeCpu(busy: number, total: number): void {
    this.cpuTimes.busy += busy;
    this.cpuTimes.total += total;
    this.#cpu = Math.min(100, (busy / total) * 100);
  }

  #takeNetwork(last: Sample, next: Sample, capacity: number): void {
    const seconds = (next.at - last.at) / 1000;
    const bytes = Math.max(next.sent - last.sent, next.received - last.received);

    if (seconds > 0) {
      this.#network = Math.min(100, ((bytes * 8) / seconds / capacity) * 100);
    }
  }
}
