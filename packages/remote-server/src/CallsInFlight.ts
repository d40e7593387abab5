import { LimitExceededError, type CallMessage } from '@tureen/protocol';
import type { Budget } from './Budget.js';
import type { Limits } from './limits.js';
import { sizeOf } from './sizeOf.js';

/** Calls of a session that have not been answered, those that wait for their turn included. */
export class CallsInFlight {
  count = 0;

  constructor(
    private readonly limits: Limits,
    private readonly budget: Budget,
  ) {}

  /** Makes a call, unless too many are under way; then it rejects with a LimitExceededError. */
  within<T>(call: () => Promise<T>): Promise<T> {
    try {
      this.#check();
    } catch (error) {
      return Promise.reject(error as Error);
    }

    return call();
  }

  /**
   * Counts a call that waits; the function returned ends that.
   *
   * @throws LimitExceededError
   */
  hold(message: CallMessage): () => void {
    const cost = sizeOf(message[4]);

    this.#check();
    this.budget.take(cost);
    this.count += 1;

    return () => {
      this.count -= 1;
      this.budget.count(-cost);
    };
  }

  #check(): void {
    if (this.count >= this.limits.calls) {
      throw new LimitExceededError(`more than ${this.limits.calls} calls under way`);
    }
  }
}
