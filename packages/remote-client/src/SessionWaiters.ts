import { DisconnectedError } from '@tureen/protocol';
import type { ClientSession } from './ClientSession.js';

interface Waiter {
  resolve(session: ClientSession): void;
  reject(error: Error): void;
}

/** Those who want a session while there is none. */
export class SessionWaiters {
  readonly #waiters = new Set<Waiter>();
  readonly #timeout: number;

  /** @param timeout - Milliseconds that anyone waits; 0 for ever. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** @throws DisconnectedError (as a rejection) if no session comes in time. */
  wait(): Promise<ClientSession> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const waiter: Waiter = {
        resolve: (session) => {
          clearTimeout(timer);
          resolve(session);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };

      this.#waiters.add(waiter);
      if (this.#timeout > 0) {
        timer = setTimeout(() => {
          this.#waiters.delete(waiter);
          reject(new DisconnectedError(`no connection within ${this.#timeout} ms`));
        }, this.#timeout);
      }
    });
  }

  resolve(session: ClientSession): void {
    for (const waiter of this.#take()) {
      waiter.resolve(session);
    }
  }

  reject(error: Error): void {
    for (const waiter of this.#take()) {
      waiter.reject(error);
    }
  }

  #take(): Waiter[] {
    const waiters = [...this.#waiters];

    this.#waiters.clear();

    return waiters;
  }
}
