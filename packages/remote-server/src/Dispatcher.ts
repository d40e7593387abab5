import {
  childKind,
  DrainingError,
  ProtocolError,
  type CallMessage,
  type Kind,
  type NotifyMessage,
  type ShareMessage,
} from '@tureen/protocol';
import type { types } from 'mediasoup';
import type { Budget } from './Budget.js';
import { checkArguments } from './checkArguments.js';
import { Costs } from './Costs.js';
import { UnknownObjectError, UnsupportedCallError } from './errors.js';
import { invoke, resolveNames } from './invoke.js';
import type { ListenAddresses } from './ListenAddresses.js';
import { checkLimit, type Limits } from './limits.js';
import type { Registry } from './Registry.js';
import { SharedValues } from './SharedValues.js';
import { shown } from './shown.js';
import { sizeOf } from './sizeOf.js';
import { Tracked, type RealObject } from './Tracked.js';
import { closeObject, isElsewhere, processGone } from './workerProcess.js';
import { checkWorkerSettings, type AllowedWorkerSettings } from './workerSettings.js';

export interface DispatchOptions {
  mediasoup: types.Index;
  /** Answers getStats(). */
  getStats: () => Promise<unknown>;
  /** Answers getTopology(). */
  getTopology: (timeout: unknown) => Promise<unknown>;
  /** The processes of workers are those of other machines. */
  workersElsewhere: boolean;
  allowedWorkerSettings: AllowedWorkerSettings;
  listenAddresses: ListenAddresses;
  limits: Limits;
  /** Whether no new workers are taken. */
  draining(): boolean;
  /** The process of a worker has gone, or did not come about. */
  onWorkerGone(): void;
}

export interface Dispatched {
  value?: unknown;
  /** The object that the call created. */
  child?: Tracked;
}

/** Turns messages into calls of mediasoup's methods, following the API table. */
export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #registry: Registry;
  readonly #workers = new Set<RealObject>();
  readonly #budget: Budget;
  readonly #shared: SharedValues;
  readonly #costs: Costs;
  readonly #creating = new Set<Promise<Dispatched>>();
  readonly #coming = new Map<Kind, number>();

  constructor(options: DispatchOptions, registry: Registry, budget: Budget) {
    this.#options = options;
    this.#registry = registry;
    this.#budget = budget;
    this.#shared = new SharedValues(budget);
    this.#costs = new Costs(budget, registry, this.#shared);
  }

  /** Workers whose processes may still be there. */
  get workers(): readonly RealObject[] {
    return [...this.#workers];
  }

  /** Objects of a kind that are being created. */
  coming(kind: Kind): number {
    return this.#coming.get(kind) ?? 0;
  }

  /** Resolves when every worker process of the session has gone, those not yet here included. */
  async workersGone(): Promise<void> {
    await Promise.allSettled(this.#creating);
    await Promise.all(this.workers.map(processGone));
  }

  /**
   * Makes the call before it returns, so that calls happen in the order of their messages.
   *
   * @throws {@link ProtocolError} if the message makes no sense; all else rejects.
   */
  call(target: Tracked | undefined, message: CallMessage): Promise<Dispatched> {
    const [, , , method, args, childHandle] = message;

    if (typeof method !== 'string' || !Array.isArray(args)) {
      throw new ProtocolError('call without a method or arguments');
    }
    if (!target) {
      return Promise.reject(new UnknownObjectError(`object not found [method:${shown(method)}]`));
    }

    const { calls } = target.row;
    const row = Object.hasOwn(calls, method) ? calls[method] : undefined;

    if (row === undefined || row === 'manual') {
      return Promise.reject(
        new UnsupportedCallError(`${target.kind} has no method ${shown(method)}()`),
      );
    }

    const kind = childKind(row);
    const handle = kind ? this.#freeHandle(childHandle) : 0;
    const call = () =>
      kind
        ? this.#whileCounted(kind, () => this.#create(target, kind, method, args, handle))
        : this.#value(target, method, args);

    try {
      checkArguments(args);

      return this.#costs.during(target, method, args, call);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** @throws {@link ProtocolError} for a number that no client of ours would choose. */
  share(message: ShareMessage): void {
    this.#shared.set(message);
  }

  /** @throws Whatever the method throws. */
  notify(target: Tracked, [, , method, args]: NotifyMessage): void {
    const { local } = target.row;

    if (
      typeof method !== 'string' ||
      !Array.isArray(args) ||
      !Object.hasOwn(local, method) ||
      local[method] !== 'notify'
    ) {
      throw new ProtocolError(`notification ${shown(method)} to ${target.kind}`);
    }
    checkArguments(args);

    const call = () => invoke(target.real, method, args);

    if (method === 'updateMediaCodecs') {
      this.#costs.changing(target, 'rtpCapabilities', args, call);
    } else {
      call();
    }
  }

  /** Counts the object against its limit from now on, though it is still to come. */
  #whileCounted(
    kind: Exclude<Kind, 'mediasoup'>,
    create: () => Promise<Dispatched>,
  ): Promise<Dispatched> {
    try {
      checkLimit(
        kind,
        this.#options.limits,
        (each) => this.#registry.count(each) + this.coming(each),
      );
    } catch (error) {
      return Promise.reject(error as Error);
    }
    this.#coming.set(kind, this.coming(kind) + 1);

    const created = create();
    const settled = () => {
      this.#creating.delete(created);
      this.#coming.set(kind, this.coming(kind) - 1);
      if (kind === 'worker') {
        this.#options.onWorkerGone();
      }
    };

    this.#creating.add(created);
    created.then(settled, settled);

    return created;
  }

  #freeHandle(handle: unknown): number {
    if (!Number.isSafeInteger(handle) || !this.#registry.isFree(handle as number)) {
      throw new ProtocolError(`handle ${shown(handle)} for a new object is not free`);
    }

    return handle as number;
  }

  async #value(target: Tracked, method: string, args: readonly unknown[]): Promise<Dispatched> {
    if (target.kind === 'mediasoup') {
      const { getStats, getTopology } = this.#options;

      return { value: await (method === 'getStats' ? getStats() : getTopology(args[0])) };
    }

    return { value: await invoke(target.real, method, args) };
  }

  async #create(
    target: Tracked,
    kind: Exclude<Kind, 'mediasoup'>,
    method: string,
    args: readonly unknown[],
    handle: number,
  ): Promise<Dispatched> {
    const real = (await invoke(
      target.real,
      method,
      this.#prepare(target, method, args),
    )) as RealObject;

    if (kind === 'worker' && this.#options.workersElsewhere) {
      isElsewhere(real);
    }
    // Two calls may have chosen one handle while both were under way.
    if (!this.#registry.isFree(handle)) {
      closeObject(real);
      throw new ProtocolError(`handle ${shown(handle)} for a new object is not free`);
    }

    const { appData } = (args[0] ?? {}) as { appData?: unknown };
    const owner = this.#openAncestor(target);
    const child = new Tracked(handle, kind, real, owner, this.#budget, sizeOf(appData));

    this.#registry.add(child);
    if (kind === 'worker') {
      this.#keepWorker(real);
    }

    return { child };
  }

  #prepare(target: Tracked, method: string, args: readonly unknown[]): readonly unknown[] {
    if (method === 'createWorker') {
      if (this.#options.draining()) {
        throw new DrainingError('this server is about to end and takes no new workers');
      }
      checkWorkerSettings(args[0], this.#options.allowedWorkerSettings);

      return args;
    }

    const [options, ...rest] = resolveNames(target, method, args, {
      object: (handle) => this.#registry.find(handle)?.real,
      value: (number) => this.#shared.get(number),
    });

    return args.length === 0 ? args : [this.#options.listenAddresses.map(method, options), ...rest];
  }

  /** An object can be created by one that closed meanwhile; something must still own it. */
  #openAncestor(target: Tracked): Tracked {
    let owner = target;

    while (owner.owner && owner.real.closed) {
      owner = owner.owner;
    }

    return owner;
  }

  #keepWorker(worker: RealObject): void {
    this.#workers.add(worker);
    worker.once('subprocessclose', () => this.#workers.delete(worker));
  }
}
