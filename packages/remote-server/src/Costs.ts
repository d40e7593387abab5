import { ProtocolError } from '@tureen/protocol';
import type { Budget } from './Budget.js';
import { nameIn } from './invoke.js';
import type { Registry } from './Registry.js';
import type { SharedValues } from './SharedValues.js';
import { sizeOf } from './sizeOf.js';
import { bytesOfAnyObject, type Tracked } from './Tracked.js';

/** Estimates what calls take of a session's memory, and counts it while they are under way. */
export class Costs {
  readonly #budget: Budget;
  readonly #registry: Registry;
  readonly #shared: SharedValues;

  constructor(budget: Budget, registry: Registry, shared: SharedValues) {
    this.#budget = budget;
    this.#registry = registry;
    this.#shared = shared;
  }

  /** @throws LimitExceededError if there is no room for the call, or for what it may create. */
  during<Result>(
    target: Tracked,
    method: string,
    args: readonly unknown[],
    call: () => Promise<Result>,
  ): Promise<Result> {
    const cost = this.#costOf(target, method, args);

    this.#budget.take(cost);

    const called = call();
    const settled = () => this.#budget.count(-cost);

    called.then(settled, settled);

    return called;
  }

  /**
   * Makes a change that stays, and that nobody answers for: a field that travelled once takes
   * another value.
   *
   * @throws {@link ProtocolError} if there is no room for it, since there is nobody to be told.
   */
  changing(target: Tracked, field: string, args: readonly unknown[], change: () => unknown): void {
    const size = () => sizeOf((target.real as unknown as Record<string, unknown>)[field]);
    const cost = args.reduce<number>((sum, argument) => sum + sizeOf(argument), 0);
    const before = size();

    try {
      this.#budget.take(cost);
    } catch (error) {
      throw new ProtocolError((error as Error).message, { cause: error });
    }
    try {
      change();
    } finally {
      this.#budget.count(-cost);
      target.hold(size() - before);
    }
  }

  /**
   * The arguments, and what an object may become that is created: parameters of producers come of
   * those of their router, and those of consumers of their producer's, so that each may be as
   * large as what it comes of.
   */
  #costOf(target: Tracked, method: string, args: readonly unknown[]): number {
    const [options] = args;
    let bytes = args.reduce<number>((sum, argument) => sum + sizeOf(argument), 0);

    if (target.row.calls[method]?.startsWith('child:')) {
      bytes += bytesOfAnyObject;
      if (typeof options === 'object' && options !== null) {
        bytes += this.#costOfSources(target, method, options as Record<string, unknown>);
      }
    }

    return bytes;
  }

  #costOfSources(target: Tracked, method: string, options: Record<string, unknown>): number {
    const { producerId, dataProducerId } = options;
    const producer = this.#registry.findProducer(target, producerId ?? dataProducerId);
    let bytes = producer?.held ?? 0;

    if (method === 'produce') {
      bytes += target.owner?.held ?? 0;
    }
    for (const option of target.row.shared?.[method] ?? []) {
      const number = nameIn(options[option], '$shared');

      bytes += number === undefined ? 0 : this.#shared.sizeOf(number);
    }

    return bytes;
  }
}
