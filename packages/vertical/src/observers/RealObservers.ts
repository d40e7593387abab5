import { setImmediate } from 'node:timers/promises';
import type { types } from 'mediasoup';
import type { ObservedRouter } from './ObservedRouter.js';

/** A real observer, which sees the producers of one real router, and who of them is in it. */
export interface ObserverPart<Real = unknown> {
  readonly router: types.Router;
  readonly real: Real;
  /** By their ids: what ends waiting for their end. */
  readonly producers: Map<string, () => void>;
}

export interface RealObserversOwner<Real> {
  readonly router: ObservedRouter;
  /** Another one like the first. */
  create(router: types.Router): Promise<Real>;
  opened(part: ObserverPart<Real>): void;
  /** Its real router has closed, and all that was in it. */
  lost(part: ObserverPart<Real>): void;
}

/** The real observers of one virtual observer: at most one in each real router. */
export class RealObservers<Real extends types.RtpObserver> {
  readonly #open = new Set<ObserverPart<Real>>();
  readonly #parts = new Map<types.Router, ObserverPart<Real> | Promise<ObserverPart<Real>>>();
  /** What all are to be; those that are made later too. */
  #paused = false;
  /** Settled when that is so; undefined if answers come in the order of the calls anyway. */
  #pausing: Promise<unknown> | undefined;
  #closed = false;
  /** Answers calls on what is closed. */
  #last: Real | undefined;

  constructor(private readonly owner: RealObserversOwner<Real>) {}

  get open(): ReadonlySet<ObserverPart<Real>> {
    return this.#open;
  }

  /** Those that have producers. */
  get active(): ObserverPart<Real>[] {
    return [...this.#open].filter(({ producers }) => producers.size > 0);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Whether there is one in a real router, or will be. */
  has(router: types.Router): boolean {
    return this.#parts.has(router);
  }

  /** Takes in one that exists. */
  adopt(router: types.Router, real: Real): ObserverPart<Real> {
    const part = { router, real, producers: new Map<string, () => void>() };

    this.#last ??= real;
    if (this.#closed) {
      real.close();
    }
    if (real.closed) {
      this.#parts.delete(router);

      return part;
    }
    if (!this.#parts.has(router)) {
      this.#parts.set(router, part);
    }
    this.#open.add(part);
    (real as types.RtpObserver).once('routerclose', () => this.#lose(part));
    this.owner.opened(part);

    return part;
  }

  /**
   * Calls the one in a real router, which is created if need be; at once if it is there, as
   * mediasoup does it. If the real router closes meanwhile, the answer is that of a router in which
   * the producer has closed.
   */
  async call(
    router: types.Router,
    call: (real: Real) => Promise<void>,
  ): Promise<ObserverPart<Real>> {
    try {
      const known = this.#in(router);
      const part = known instanceof Promise ? await known : known;

      await call(part.real);

      return part;
    } catch (error) {
      if (await this.#isGone(router)) {
        return this.refuse(call);
      }
      throw error;
    }
  }

  /** Lets a real observer say what is wrong with a call. */
  async refuse(call: (real: Real) => Promise<void>): Promise<never> {
    await call(this.#closed && this.#last ? this.#last : await this.#any());
    throw new Error('what closed meanwhile was not found');
  }

  /**
   * Pauses or resumes all, and is done after what was asked before. The part of a real router that
   * closes meanwhile does not matter.
   */
  setPaused(paused: boolean): Promise<void> {
    const [only, ...others] = this.#open;

    this.#paused = paused;

    return only && others.length === 0 && !this.#pausing
      ? this.#setPaused(only, paused)
      : this.#setAllPaused(paused);
  }

  close(): void {
    const parts = [...this.#open];

    this.#closed = true;
    this.#last = parts[0]?.real ?? this.#last;
    this.#open.clear();
    this.#parts.clear();
    for (const part of parts) {
      this.#empty(part);
      part.real.close();
    }
  }

  async #setAllPaused(paused: boolean): Promise<void> {
    const before = this.#pausing;
    const done = Promise.all([...this.#open].map((part) => this.#setPaused(part, paused)));
    const pausing = Promise.allSettled([before, done]);

    this.#pausing = pausing;
    try {
      await before;
      await done;
    } finally {
      if (this.#pausing === pausing) {
        this.#pausing = undefined;
      }
    }
  }

  #in(router: types.Router): ObserverPart<Real> | Promise<ObserverPart<Real>> {
    const known = this.#parts.get(router);

    if (known) {
      return known;
    }

    const created = this.#create(router);

    this.#parts.set(router, created);
    created.then(
      (part) => this.#parts.get(router) === created && this.#parts.set(router, part),
      () => this.#parts.delete(router),
    );

    return created;
  }

  async #create(router: types.Router): Promise<ObserverPart<Real>> {
    const part = this.adopt(router, await this.owner.create(router));

    if (this.#paused && !part.real.closed) {
      await this.#setPaused(part, true);
    }

    return part;
  }

  async #any(): Promise<Real> {
    const [open] = this.#open;

    return (
      open?.real ??
      whileOneIsOpen(this.owner.router, async (router) => (await this.#in(router)).real)
    );
  }

  async #setPaused({ real, router }: ObserverPart<Real>, paused: boolean): Promise<void> {
    try {
      await (paused ? real.pause() : real.resume());
    } catch (error) {
      if (!(await this.#isGone(router))) {
        throw error;
      }
    }
  }

  async #isGone(router: types.Router): Promise<boolean> {
    await eventsDelivered();

    return router.closed && !this.#closed && !this.owner.router.closed;
  }

  #lose(part: ObserverPart<Real>): void {
    if (this.#open.delete(part)) {
      this.#parts.delete(part.router);
      this.#empty(part);
      this.owner.lost(part);
    }
  }

  #empty({ producers }: ObserverPart<Real>): void {
    for (const stopWaiting of producers.values()) {
      stopWaiting();
    }
    producers.clear();
  }
}

/** Does something in some real router, in another one if that one closes meanwhile. */
export async function whileOneIsOpen<T>(
  router: ObservedRouter,
  attempt: (real: types.Router) => Promise<T>,
): Promise<T> {
  for (;;) {
    const any = router.anyRealRouter();
    // Without a turn in between, if there is one: calls keep their order.
    const real = any instanceof Promise ? await any : any;

    try {
      return await attempt(real);
    } catch (error) {
      await eventsDelivered();
      if (router.closed || !real.closed) {
        throw error;
      }
    }
  }
}

/** Events come a turn of the event loop later than the answers before them. */
const eventsDelivered = (): Promise<void> => setImmediate();
