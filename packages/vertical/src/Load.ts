import type { types } from 'mediasoup';
import { Reservations } from './placement/Reservations.js';
import type { PlacementCandidate } from './placement/types.js';
import { LoadMeter } from './stats/LoadMeter.js';
import type { ManagerStats } from './stats/ManagerStats.js';
import { NodeMeter } from './stats/NodeMeter.js';
import type { WorkerSlot } from './WorkerSlot.js';

/** Percent of one core held for a transport, besides what comes onto it later. */
const transportReserve = 1;

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

  watch(slot: WorkerSlot, worker: types.Worker): void {
    this.#reservations.set(slot, new Reservations());
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

  /** Holds something for what joins a worker now; the measured CPU will show it later. */
  reserve(slot: WorkerSlot, percent = transportReserve): void {
    this.#reservations.get(slot)?.hold(percent);
  }

  /** The host has CPU left for another worker, as far as is known. */
  nodeMayTakeMore(): boolean {
    return this.watermarkNode >= 100 || (this.#node.cpu ?? 0) < this.watermarkNode;
  }

  stop(): void {
    this.#meter.stop();
    this.#node.stop();
  }
}
