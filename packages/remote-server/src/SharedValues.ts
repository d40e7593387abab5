import type { LimitExceededError } from '@tureen/protocol';
import { ProtocolError, sharedValues, type ShareMessage } from '@tureen/protocol';
import type { Budget } from './Budget.js';
import { checkArguments, checkShared } from './checkArguments.js';
import { shown } from './shown.js';
import { sizeOf } from './sizeOf.js';

interface Shared {
  value: unknown;
  bytes: number;
  /** There was no room for it: whoever names it is told so. */
  refused?: LimitExceededError;
}

/** Values that the client gave once, and that its calls name by number. */
export class SharedValues {
  readonly #budget: Budget;
  readonly #values = new Map<number, Shared>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** @throws {@link ProtocolError} for a number that no client of ours would choose. */
  set([, number, value]: ShareMessage): void {
    if (!Number.isInteger(number) || number < 0 || number >= sharedValues) {
      throw new ProtocolError(`shared value with number ${shown(number)}`);
    }
    checkArguments([value]);
    checkShared(value);
    this.#budget.count(-this.sizeOf(number));
    this.#values.set(number, this.#take(value));
  }

  /** @throws {@link LimitExceededError} if there was no room for it. */
  get(number: number): unknown {
    const shared = this.#values.get(number);

    if (shared?.refused) {
      throw shared.refused;
    }

    return shared?.value;
  }

  /** Bytes of the value with that number, by estimate. */
  sizeOf(number: number): number {
    return this.#values.get(number)?.bytes ?? 0;
  }

  #take(value: unknown): Shared {
    const bytes = sizeOf(value);

    try {
      this.#budget.take(bytes);

      return { value, bytes };
    } catch (error) {
      return { value: undefined, bytes: 0, refused: error as LimitExceededError };
    }
  }
}
