import { type EarlyCall, hostOf, PipePair, type PipePairOptions } from '@tureen/manager';
import type { types } from 'mediasoup';
import { type PerKind, weightOf } from './capacity/weights.js';
import type { WorkerSlot } from './WorkerSlot.js';

/** One real router of a virtual one, on one real worker. */
export class RealRouter {
  /** Those of the application that are on it. */
  readonly transports = new Set<types.Transport>();
  /** Ids of what only connects it with others: transports, and consumers on them. */
  readonly hidden = new Set<string>();
  readonly producers: PerKind = { audio: 0, video: 0 };
  readonly consumers: PerKind = { audio: 0, video: 0 };
  /** Who consumes what here, by the ids of the consumers of both kinds. */
  readonly consumed = new Map<string, { producerId: string; transportId: string }>();
  /** Streams that are piped from here, and those that are piped to here. */
  readonly pipes: PerKind = { audio: 0, video: 0 };
  /** Something else that needs it: a pipe that ends here, an observer, a call under way. */
  #users = 0;
  #idleSince: number | undefined;
  readonly #pairs = new Map<RealRouter, Promise<PipePair>>();

  constructor(
    readonly router: types.Router,
    readonly slot: WorkerSlot,
    /** All of the same virtual router. */
    private readonly siblings: ReadonlySet<RealRouter>,
  ) {
    slot.routers.add(this);
    router.observer.once('close', () => slot.routers.delete(this));
  }

  /** Units of weight of all that is on it. */
  get weight(): number {
    const { transports, producers, consumers, pipes } = this;

    return weightOf({ transports: transports.size, producers, consumers, pipes });
  }

  get closed(): boolean {
    return this.router.closed;
  }

  /** Id of its host; undefined where all are on one. */
  get host(): string | undefined {
    return hostOf(this.router)?.id;
  }

  /** Pairs of pipe transports with other real routers, whichever of the two asked for them. */
  get pairs(): ReadonlyMap<RealRouter, Promise<PipePair>> {
    return this.#pairs;
  }

  /** Keeps it from being closed as idle until {@link release}. */
  retain(): void {
    this.#users += 1;
  }

  release(): void {
    this.#users -= 1;
  }

  closeIfIdle(timeout: number, now: number): void {
    // One stays: it is what a call on the virtual router finds.
    if (this.transports.size > 0 || this.#users > 0 || this.siblings.size === 1) {
      this.#idleSince = undefined;

      return;
    }
    this.#idleSince ??= now;
    if (now - this.#idleSince >= timeout) {
      this.router.close();
    }
  }

  /**
   * The one pair with another real router; calls from both sides and at once share it.
   *
   * @param early - Filled in if the pair is made now and the end here can be asked for more at once.
   */
  pairWith(other: RealRouter, options: PipePairOptions, early?: EarlyCall): Promise<PipePair> {
    const known = this.#pairs.get(other);

    if (known) {
      return known;
    }

    const pair = PipePair.create(this.router, other.router, {
      ...options,
      early: early && { router: this.router, call: early },
      onClose: () => {
        // Another pair may have taken its place.
        for (const [one, two] of [
          [this, other],
          [other, this],
        ] as const) {
          if (one.#pairs.get(two) === pair) {
            one.#pairs.delete(two);
          }
        }
      },
    });

    this.#pairs.set(other, pair);
    other.#pairs.set(this, pair);

    return pair;
  }
}
