import type { types } from 'mediasoup';
import { wrapFirst } from '../wrapFirst.js';
import { DominantSpeaker } from './DominantSpeaker.js';
import type { ObservedRouter } from './ObservedRouter.js';
import { whileOneIsOpen, type ObserverPart } from './RealObservers.js';
import { VirtualRtpObserver } from './VirtualRtpObserver.js';

type Part = ObserverPart<types.ActiveSpeakerObserver>;

/** In milliseconds. */
const DEFAULT_INTERVAL = 300;

/**
 * Of the meters, in milliseconds: a worker tells nothing about who sent fewer than ten packets in
 * an interval, and packets may carry 40 ms of audio.
 */
const METER_INTERVAL = { min: 500, max: 5000 };

/**
 * One active speaker observer over all real routers of a virtual one: there is one dominant speaker.
 *
 * Follows https://mediasoup.org/documentation/v3/mediasoup/api/#ActiveSpeakerObserver.
 */
export class VirtualActiveSpeakerObserver<A extends types.AppData = types.AppData>
  extends VirtualRtpObserver<
    A,
    types.ActiveSpeakerObserver,
    types.ActiveSpeakerObserverEvents,
    types.ActiveSpeakerObserverObserver
  >
  implements types.ActiveSpeakerObserver<A>
{
  readonly #interval: number | undefined;
  readonly #dominant: DominantSpeaker;

  private constructor(
    router: ObservedRouter,
    first: types.ActiveSpeakerObserver,
    { interval, appData }: types.ActiveSpeakerObserverOptions,
  ) {
    super(first.id, appData ?? {}, router);

    const { min, max } = METER_INTERVAL;

    this.#interval = interval;
    this.#dominant = new DominantSpeaker({
      interval: Math.min(Math.max(interval ?? DEFAULT_INTERVAL, min), max),
      active: () => this.reals.active,
      isPaused: () => this.reals.paused,
      producerOf: (producerId) => router.producerOf(producerId),
      tell: (producer) => {
        // It is closing, and everything with it.
        if (router.closed) {
          return;
        }

        const dominantSpeaker = { producer };

        this.safeEmit('dominantspeaker', dominantSpeaker);
        this.observer.safeEmit('dominantspeaker', dominantSpeaker);
      },
    });
  }

  /**
   * @param announce - Called with it before anybody else has it.
   * @throws as mediasoup's createActiveSpeakerObserver().
   */
  static create<A extends types.AppData = types.AppData>(
    router: ObservedRouter,
    options?: types.ActiveSpeakerObserverOptions<A>,
    announce: (observer: VirtualActiveSpeakerObserver<A>) => void = () => undefined,
  ): Promise<VirtualActiveSpeakerObserver<A>> {
    return whileOneIsOpen(router, (realRouter) =>
      wrapFirst(
        realRouter.observer,
        'newrtpobserver',
        options,
        (given) => realRouter.createActiveSpeakerObserver(given),
        (first: types.ActiveSpeakerObserver) => {
          const observer = new VirtualActiveSpeakerObserver<A>(router, first, options ?? {});

          observer.reals.adopt(realRouter, first);
          announce(observer);

          return observer;
        },
      ),
    );
  }

  get type(): 'activespeaker' {
    return 'activespeaker';
  }

  override realIds(): string[] {
    return [...super.realIds(), ...this.#dominant.meterIds()];
  }

  protected createReal(router: types.Router): Promise<types.ActiveSpeakerObserver> {
    return router.createActiveSpeakerObserver({ interval: this.#interval });
  }

  protected opened(part: Part): void {
    part.real.on('dominantspeaker', ({ producer }) => this.#dominant.announced(part, producer.id));
  }

  protected lost(part: Part): void {
    this.#dominant.lost(part);
  }

  protected joined(part: Part, producerId: string): void {
    this.#dominant.joined(part, producerId);
  }

  protected left(part: Part, producerId: string): void {
    this.#dominant.left(part, producerId);
  }

  protected pausing(): void {
    this.#dominant.updateMeters();
  }

  protected ended(): void {
    this.#dominant.close();
  }
}
