import { LoadMeter, type ManagerStats, NodeMeter, Reservations } from '@tureen/manager';
import type { types } from 'mediasoup';
import type { PlacementCandidate } from './placement/types.js';
import type { WorkerSlot } from './WorkerSlot.js';

/** Percent of one core held for a transport, besides what comes onto it later. */
const transportReserve = 1;

/** Milliseconds without an answer, to three questions, after which a worker counts as silent. */
const longestSilence = 6000;

/** What is known of the load of the real workers and of their host. */
export class Load {
  readonly #meter = new LoadMeter();
  readonly #node: NodeMeter;
  readonly #reservations = new Map<WorkerSlot, Reservations>();

  constructor(
    getStats: () => Promise<ManagerStats>,
    private readonly watermarkNode: number,
  ) {
    this.#node = new NodeMeter(getStats);
  }

  watch(worker: types.Worker): void {
    this.#meter.watch(worker);
  }

  forget(slot: WorkerSlot): void {
    this.#reservations.delete(slot);
  }

  of(slot: WorkerSlot): Pick<PlacementCandidate, 'cpu' | 'reserved'> {
    const usage = slot.worker && this.#meter.usageOf(slot.worker);

    return {
      cpu: usage?.cpu ?? 0,
      reserved: this.#reservations.get(slot)?.percent ?? 0,
    };
  }

  /** It hangs, or its host cannot be reached: what is asked of it now may not be done for long. */
  isSilent(slot: WorkerSlot): boolean {
    return slot.worker !== undefined && this.#meter.silenceOf(slot.worker) > longestSilence;
  }

  /** Its host drains, and others do not. */
  isLeaving({ host }: WorkerSlot): boolean {
    return host !== undefined && this.#node.draining.has(host);
  }

  /** Percent of one core, measured and still expected. */
  percentOf(slot: WorkerSlot): number {
    const { cpu, reserved } = this.of(slot);

    return cpu + reserved;
  }

  /**
   * Holds something for what joins a worker now, which may have to be started for it; the measured
   * CPU will show it later.
   */
  reserve(slot: WorkerSlot, percent = transportReserve): void {
    const reservations = this.#reservations.get(slot) ?? new Reservations();

    this.#reservations.set(slot, reservations);
    reservations.hold(percent);
  }

  /** The host has CPU left for another worker, as far as is known. */
  nodeMayTakeMore(): boolean {
    return this.watermarkNode >= 100 || (this.#node.cpu ?? 0) < this.watermarkNode;
  }

  /** Cores of all hosts below, as they told last; undefined until they did. */
  get cores(): number | undefined {
    return this.#node.cpus;
  }

  /** Asks the hosts now: something happened that may have changed how many they are. */
  refresh(): void {
    this.#node.refresh();
  }

  /** Goes on after {@link stop}; not needed otherwise. */
  start(): void {
    this.#node.start();
  }

  stop(): void {
    this.#meter.stop();
    this.#node.stop();
  }
}
