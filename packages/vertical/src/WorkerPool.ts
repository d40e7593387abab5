import type { types } from 'mediasoup';
import { candidatesOf } from './placement/candidatesOf.js';
import { firstBy, leastLoad, runningFirst } from './placement/loads.js';
import type { PlacementPolicy, PlacementRequest } from './placement/types.js';
import type { VerticalContext } from './VerticalContext.js';
import { type SlotOwner, WorkerSlot } from './WorkerSlot.js';

/** A real worker was to be started for a virtual one that closed. Applications never see it. */
export class ClosedMeanwhileError extends Error {
  override name = 'ClosedMeanwhileError';
}

/** What the pool tells the virtual worker. */
export interface PoolListener {
  /** No real worker is left. The error is that of the last one's death, if it died. */
  lastWorkerEnded(error: Error | undefined): void;
  processEnded(): void;
}

/** The real workers of one virtual worker. */
export class WorkerPool implements SlotOwner {
  readonly restartDelay = { first: 250, most: 5000 };
  readonly #placement: PlacementPolicy;
  readonly #slots: WorkerSlot[] = [];
  readonly #processes = new Set<types.Worker>();
  #closed = false;
  #last: types.Worker | undefined;
  #losses = 0;
  #firstPid = 0;
  #idleCheck: NodeJS.Timeout | undefined;

  constructor(
    readonly context: VerticalContext,
    private readonly settings: () => types.WorkerSettings,
    private readonly listener: PoolListener,
  ) {
    this.#placement = context.newPlacement();
  }

  /** As many as there may be workers, and those that were there when more were possible. */
  get slots(): readonly WorkerSlot[] {
    while (this.#slots.length < this.context.maxWorkers()) {
      this.#slots.push(new WorkerSlot(this.#slots.length, this));
    }

    return this.#slots;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get firstPid(): number {
    return this.#firstPid;
  }

  /** How many real workers ended, or could not be started, without being asked to. */
  get losses(): number {
    return this.#losses;
  }

  /** Processes of real workers that have not ended yet. */
  get processes(): number {
    return this.#processes.size;
  }

  /** The real worker that started last: when all have ended, for mediasoup's own errors. */
  get last(): types.Worker {
    return this.#last as types.Worker;
  }

  get running(): readonly WorkerSlot[] {
    return this.slots.filter(({ isRunning }) => isRunning);
  }

  /** The first one that runs, of those that answer if there are such. */
  get firstAnswering(): WorkerSlot | undefined {
    return unlessAll([...this.running], (slot) => this.context.load.isSilent(slot))[0];
  }

  /** None of the real workers is alive any more, though the last may not have told it yet. */
  get isOver(): boolean {
    return this.#firstPid !== 0 && this.running.length === 0;
  }

  /** It is over because the last real worker died. */
  get hasDied(): boolean {
    return this.isOver && this.slots.some(({ worker }) => worker?.died);
  }

  async startFirst(): Promise<void> {
    const worker = await this.slots[0]!.start();

    this.#firstPid = worker.pid;
    this.#watchIdleness();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#idleCheck);
    for (const slot of this.slots) {
      this.#stop(slot);
    }
  }

  /** Asks all real workers at once; those that end meanwhile are left out unless it is all of them. */
  async each<T>(ask: (worker: types.Worker) => Promise<T>): Promise<T[]> {
    // Of a closed worker the answer is an error, and mediasoup's own.
    const workers = this.running.map(({ worker }) => worker as types.Worker);
    const asked = workers.length > 0 ? workers : [this.last];
    const answers = await Promise.allSettled(asked.map(ask));
    const values = answers.filter((answer) => answer.status === 'fulfilled');
    const failed = answers.find(
      (answer, index) =>
        answer.status === 'rejected' && (values.length === 0 || !asked[index]!.closed),
    );

    if (failed?.status === 'rejected') {
      throw failed.reason;
    }

    return values.map(({ value }) => value);
  }

  /** Where to put something; the worker there may have to be started first. */
  place(request: PlacementRequest, hasRouter: (slot: WorkerSlot) => boolean): WorkerSlot {
    const { load } = this.context;
    const answering = unlessAll(this.#usable(), (slot) => load.isSilent(slot));
    // What is on a host that drains goes on; what is new goes elsewhere.
    const staying = unlessAll(answering, (slot) => load.isLeaving(slot));
    const candidates = candidatesOf(staying, load, hasRouter);
    const chosen = this.#placement(request, candidates);
    const isCandidate = candidates.some(({ index }) => index === chosen);
    const index = isCandidate ? chosen : firstBy(candidates, runningFirst, leastLoad)?.index;
    const slot = this.slots[index!]!;

    if (request.kind !== 'router') {
      load.reserve(slot);
    }

    return slot;
  }

  /** Another one that has a worker, or may get one; on the same host, if there is such. */
  otherThan(slot: WorkerSlot): WorkerSlot | undefined {
    const others = this.#present().filter((other) => other !== slot);

    return others.find(({ host }) => host === slot.host) ?? others[0];
  }

  mayReplace(slot: WorkerSlot): boolean {
    const others = this.slots.filter((at) => at !== slot && (at.worker || at.isStarting));

    return others.length < this.context.maxWorkers();
  }

  async startWorker(): Promise<types.Worker> {
    try {
      return await this.context.mediasoup().createWorker(this.settings());
    } catch (error) {
      this.#losses += 1;
      throw error;
    }
  }

  workerStarted(slot: WorkerSlot, worker: types.Worker): void {
    if (this.#closed) {
      this.#stop(slot);
      throw new ClosedMeanwhileError('the worker was closed while a process was being started');
    }
    this.#last = worker;
    this.#processes.add(worker);
    worker.once('subprocessclose', () => {
      this.#processes.delete(worker);
      this.listener.processEnded();
    });
    this.context.load.watch(worker);
  }

  workerEnded(slot: WorkerSlot, worker: types.Worker, error: Error | undefined): void {
    this.#losses += 1;
    this.context.load.forget(slot);
    // Perhaps its host has gone, and with it the cores for a replacement.
    this.context.load.refresh();
    if (error) {
      this.#processes.delete(worker);
    }
    if (!this.#closed && this.running.length === 0) {
      this.listener.lastWorkerEnded(error);
    }
  }

  /** Never empty while the virtual worker is open. */
  #usable(): WorkerSlot[] {
    const { load } = this.context;
    const running = this.running;
    const mayStart = running.length === 0 || load.nodeMayTakeMore();

    return mayStart ? this.#present() : [...running];
  }

  /** Those that have a worker, and as many of the others as may get one. */
  #present(): WorkerSlot[] {
    const { slots } = this;
    const taken = new Set(slots.filter((slot) => slot.worker || slot.isStarting || slot.isWaiting));
    let free = this.context.maxWorkers() - taken.size;

    return slots.filter((slot) =>
      taken.has(slot) ? slot.isStarting || slot.isRunning : (free -= 1) >= 0,
    );
  }

  #stop(slot: WorkerSlot): void {
    this.context.load.forget(slot);
    slot.stop();
  }

  #watchIdleness(): void {
    const { idleWorkerTimeout } = this.context.options;

    this.#idleCheck = setInterval(
      () => this.#stopIdle(idleWorkerTimeout),
      Math.max(20, idleWorkerTimeout / 4),
    );
    this.#idleCheck.unref();
  }

  #stopIdle(timeout: number): void {
    const now = performance.now();

    for (const slot of this.slots) {
      for (const router of slot.routers) {
        router.closeIfIdle(timeout, now);
      }
      slot.idleSince = slot.isUsed ? undefined : (slot.idleSince ?? now);

      const idle = slot.worker && slot.idleSince !== undefined && now - slot.idleSince >= timeout;

      // One stays: it keeps the virtual worker alive.
      if (idle && this.running.length > 1) {
        this.#stop(slot);
      }
    }
  }
}

/** Leaves out some, unless that is all of them. */
function unlessAll(slots: WorkerSlot[], leftOut: (slot: WorkerSlot) => boolean): WorkerSlot[] {
  const rest = slots.filter((slot) => !leftOut(slot));

  return rest.length > 0 ? rest : slots;
}
