import { earlyOf, override, type EarlyCall, type EarlyConsume } from '@tureen/manager';
import type { types } from 'mediasoup';

type Method = (...args: never[]) => Promise<unknown>;

/**
 * Counts how many answers in a row something has to wait for, as if all answers took equally long:
 * what is asked for at a time is answered at a time, so that no host or machine that is slow to
 * answer one of several calls makes them more. Calls that do not wait for each other's answers take
 * one round trip together.
 */
export class CallDepth {
  #roundTrips = 0;
  #round: Round | undefined;

  /** Counts from here. */
  reset(): void {
    this.#roundTrips = 0;
  }

  /** The longest chain of calls of which each began when the one before was answered. */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  /** Counts the calls on a router's transports, and those that make them. */
  follow(router: types.Router): void {
    for (const method of ['createPipeTransport', 'createDirectTransport'] as const) {
      override(router, method, (call, options: object | undefined) => {
        const making = this.#count(() => call(options));

        this.#countEarly(earlyOf(options));

        return making;
      });
    }
    router.observer.on('newtransport', (transport) => {
      for (const method of ['connect', 'consume', 'produce', 'consumeData'] as const) {
        override(transport as types.PipeTransport, method, (call, ...args) =>
          this.#count(() => call(...args)),
        );
      }
    });
  }

  /** What is asked of a transport before it is there is a call as any other. */
  #countEarly(early: EarlyCall | undefined): void {
    const consume = early?.consume as Method | undefined;

    if (early && consume) {
      early.consume = ((...args: never[]) => this.#count(() => consume(...args))) as EarlyConsume;
    }
  }

  async #count<T>(call: () => Promise<T>): Promise<T> {
    const round = (this.#round ??= new Round());

    round.unanswered += 1;
    try {
      return await call();
    } finally {
      round.unanswered -= 1;
      if (round.unanswered === 0) {
        this.#round = undefined;
        this.#roundTrips += 1;
        round.end();
      }
      await round.ended;
    }
  }
}

/** Calls whose answers are given together. */
class Round {
  unanswered = 0;
  end!: () => void;
  readonly ended = new Promise<void>((resolve) => (this.end = resolve));
}
