import { override } from '@tureen/manager';
import type { types } from 'mediasoup';

/**
 * Counts how many answers in a row something has to wait for. Each call of a remote object takes one
 * round trip; calls that do not wait for each other's answers take it together.
 */
export class CallDepth {
  #answered = 0;

  /** Counts from here. */
  reset(): void {
    this.#answered = 0;
  }

  /** The longest chain of calls of which each began when the one before was answered. */
  get roundTrips(): number {
    return this.#answered;
  }

  /** Counts the calls on a router's transports, and those that make them. */
  follow(router: types.Router): void {
    for (const method of ['createPipeTransport', 'createDirectTransport'] as const) {
      override(router, method, (call, ...args) => this.#count(() => call(...args)));
    }
    router.observer.on('newtransport', (transport) => {
      for (const method of ['connect', 'consume', 'produce', 'consumeData'] as const) {
        override(transport as types.PipeTransport, method, (call, ...args) =>
          this.#count(() => call(...args)),
        );
      }
    });
  }

  async #count<T>(call: () => Promise<T>): Promise<T> {
    const depth = this.#answered + 1;
    const value = await call();

    this.#answered = Math.max(this.#answered, depth);

    return value;
  }
}
