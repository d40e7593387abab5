import { RequestTimeoutError } from './errors.js';

export interface PendingCall<Result> {
  /** Object that was called. */
  readonly handle: number;
  readonly method: string;
  resolve(result: Result): void;
  reject(error: Error): void;
  /** A result came after the call had been given up. */
  late(): void;
}

interface Entry<Result> {
  readonly call: PendingCall<Result>;
  readonly since: number;
}

/** Calls that wait for an answer. */
export class PendingCalls<Result> {
  readonly #calls = new Map<number, Entry<Result>>();
  /** What to do should an answer still come. */
  readonly #givenUp = new Map<number, () => void>();
  readonly #timeout: number;
  #nextId = 1;
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout - Milliseconds until a call is given up; 0 for never. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** @returns The id for the call's message. */
  add(call: PendingCall<Result>): number {
    const id = this.#nextId;

    this.#nextId += 1;
    this.#calls.set(id, { call, since: performance.now() });
    this.#watch();

    return id;
  }

  get(id: number): PendingCall<Result> | undefined {
    return this.#calls.get(id)?.call;
  }

  /** The answer came. Nothing happens if there is no such call. */
  resolve(id: number, result: Result): void {
    const late = this.#givenUp.get(id);

    if (late) {
      this.#givenUp.delete(id);
      late();
    } else {
      this.#take(id)?.resolve(result);
    }
  }

  /** As {@link resolve}, for a failure. */
  reject(id: number, error: Error): void {
    this.#givenUp.delete(id);
    this.#take(id)?.reject(error);
  }

  /** Rejects the calls of that kind now. A result that still comes is late. */
  giveUp(
    isMeant: (call: PendingCall<Result>) => boolean,
    makeError: (call: PendingCall<Result>) => Error,
  ): void {
    for (const [id, { call }] of [...this.#calls].filter(([, each]) => isMeant(each.call))) {
      this.#giveUp(id, call, makeError(call));
    }
  }

  rejectAll(makeError: (call: PendingCall<Result>) => Error): void {
    const calls = [...this.#calls.values()];

    this.#calls.clear();
    this.#givenUp.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { call } of calls) {
      call.reject(makeError(call));
    }
  }

  #take(id: number): PendingCall<Result> | undefined {
    const entry = this.#calls.get(id);

    this.#calls.delete(id);

    return entry?.call;
  }

  /** One timer for all calls: ids grow with time, so the first entry is the oldest. */
  #watch(): void {
    if (this.#timeout > 0 && this.#timer === undefined && this.#calls.size > 0) {
      const [oldest] = this.#calls.values();
      const due = (oldest?.since ?? 0) + this.#timeout - performance.now();

      this.#timer = setTimeout(() => this.#expire(), Math.max(1, Math.ceil(due)));
      this.#timer.unref();
    }
  }

  #expire(): void {
    const before = performance.now() - this.#timeout;

    this.#timer = undefined;
    for (const [id, { call, since }] of this.#calls) {
      if (since > before) {
        break;
      }
      this.#giveUp(
        id,
        call,
        new RequestTimeoutError(
          `no answer to ${call.method}() within ${this.#timeout} ms; whether it was done is unknown`,
        ),
      );
    }
    this.#watch();
  }

  #giveUp(id: number, call: PendingCall<Result>, error: Error): void {
    this.#calls.delete(id);
    this.#givenUp.set(id, () => call.late());
    call.reject(error);
  }
}
