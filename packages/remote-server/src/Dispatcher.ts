import {
  childKind,
  DrainingError,
  ProtocolError,
  sharedValues,
  type CallMessage,
  type Kind,
  type NotifyMessage,
  type ShareMessage,
} from '@tureen/protocol';
import type { types } from 'mediasoup';
import { checkArguments, checkShared } from './checkArguments.js';
import { UnknownObjectError, UnsupportedCallError } from './errors.js';
import { invoke, resolveNames } from './invoke.js';
import type { ListenAddresses } from './ListenAddresses.js';
import { checkLimit, type Limits } from './limits.js';
import type { Registry } from './Registry.js';
import { shown } from './shown.js';
import { Tracked, type RealObject } from './Tracked.js';
import { closeObject, processGone } from './workerProcess.js';
import { checkWorkerSettings, type AllowedWorkerSettings } from './workerSettings.js';

export interface DispatchOptions {
  mediasoup: types.Index;
  /** Answers getStats(). */
  getStats: () => Promise<unknown>;
  allowedWorkerSettings: AllowedWorkerSettings;
  listenAddresses: ListenAddresses;
  limits: Limits;
  /** Whether no new workers are taken. */
  draining(): boolean;
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
  /** Values that calls name by number. */
  readonly #shared = new Map<number, unknown>();
  readonly #creating = new Set<Promise<Dispatched>>();
  readonly #coming = new Map<Kind, number>();

  constructor(options: DispatchOptions, registry: Registry) {
    this.#options = options;
    this.#registry = registry;
  }

  /** Workers whose processes may still be there. */
  get workers(): readonly RealObject[] {
    return [...this.#workers];
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
    try {
      checkArguments(args);
    } catch (error) {
      return Promise.reject(error as Error);
    }

    const kind = childKind(row);

    if (kind) {
      this.#checkHandle(childHandle);

      return this.#whileCounted(kind, () => this.#create(target, kind, method, args, childHandle));
    }

    return this.#value(target, method, args);
  }

  /** @throws {@link ProtocolError} for a number that no client of ours would choose. */
  share([, number, value]: ShareMessage): void {
    if (!Number.isInteger(number) || number < 0 || number >= sharedValues) {
      throw new ProtocolError(`shared value with number ${shown(number)}`);
    }
    checkArguments([value]);
    checkShared(value);
    this.#shared.set(number, value);
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
    invoke(target.real, method, args);
  }

  /** Counts the object against its limit from now on, though it is still to come. */
  #whileCounted(
    kind: Exclude<Kind, 'mediasoup'>,
    create: () => Promise<Dispatched>,
  ): Promise<Dispatched> {
    const coming = (each: Kind) => this.#coming.get(each) ?? 0;

    try {
      checkLimit(kind, this.#options.limits, (each) => this.#registry.count(each) + coming(each));
    } catch (error) {
      return Promise.reject(error as Error);
    }
    this.#coming.set(kind, coming(kind) + 1);

    const created = create();
    const settled = () => {
      this.#creating.delete(created);
      this.#coming.set(kind, coming(kind) - 1);
    };

    this.#creating.add(created);
    created.then(settled, settled);

    return created;
  }

  #checkHandle(handle: unknown): asserts handle is number {
    if (!Number.isSafeInteger(handle) || !this.#registry.isFree(handle as number)) {
      throw new ProtocolError(`handle ${shown(handle)} for a new object is not free`);
    }
  }

  async #value(target: Tracked, method: string, args: readonly unknown[]): Promise<Dispatched> {
    if (target.kind === 'mediasoup') {
      return { value: await this.#options.getStats() };
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

    // Two calls may have chosen one handle while both were under way.
    if (!this.#registry.isFree(handle)) {
      closeObject(real);
      throw new ProtocolError(`handle ${shown(handle)} for a new object is not free`);
    }

    const child = new Tracked(handle, kind, real, this.#openAncestor(target));

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
