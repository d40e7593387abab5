import { ProtocolError, sharedValues, type ShareMessage } from '@tureen/protocol';
import type { Budget } from './Budget.js';
import { checkArguments, checkShared } from './checkArguments.js';
import { shown } from './shown.js';
import { sizeOf } from './sizeOf.js';

interface Shared {
  value: unknown;
  bytes: number;
  /** It was not taken: whoever names it is told why. */
  refused?: Error;
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
    this.#budget.count(-this.sizeOf(number));
    this.#values.set(number, this.#take(value));
  }

  /**
   * @throws LimitExceededError if there was no room for it.
   * @throws TypeError if it is one that calls must not have.
   */
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

  /** Applications pass on what their own clients said: no value must cost more than the calls with it. */
  #take(value: unknown): Shared {
    try {
      checkArguments([value]);
      checkShared(value);

      const bytes = sizeOf(value);

      this.#budget.take(bytes);

      return { value, bytes };
    } catch (error) {
      return { value: undefined, bytes: 0, refused: error as Error };
    }
  }
}
