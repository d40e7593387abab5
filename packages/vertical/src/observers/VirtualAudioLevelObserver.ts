import type { types } from 'mediasoup';
import { wrapFirst } from '../wrapFirst.js';
import type { ObservedRouter } from './ObservedRouter.js';
import { whileOneIsOpen, type ObserverPart } from './RealObservers.js';
import { VirtualRtpObserver } from './VirtualRtpObserver.js';
import { VolumeMerger } from './VolumeMerger.js';

type Part = ObserverPart<types.AudioLevelObserver>;

/** What mediasoup's worker makes of an interval, in milliseconds. */
const INTERVAL = { default: 1000, min: 250, max: 5000 };

/**
 * One audio level observer over all real routers of a virtual one.
 *
 * Follows https://mediasoup.org/documentation/v3/mediasoup/api/#AudioLevelObserver.
 */
export class VirtualAudioLevelObserver<A extends types.AppData = types.AppData>
  extends VirtualRtpObserver<
    A,
    types.AudioLevelObserver,
    types.AudioLevelObserverEvents,
    types.AudioLevelObserverObserver
  >
  implements types.AudioLevelObserver<A>
{
  readonly #options: types.AudioLevelObserverOptions;
  readonly #merger: VolumeMerger;

  private constructor(
    router: ObservedRouter,
    first: types.AudioLevelObserver,
    { maxEntries, threshold, interval, appData }: types.AudioLevelObserverOptions,
  ) {
    super(first.id, appData ?? {}, router);
    this.#options = { maxEntries, threshold, interval };
    this.#merger = new VolumeMerger({
      maxEntries: maxEntries ?? 1,
      interval: Math.min(Math.max(interval ?? INTERVAL.default, INTERVAL.min), INTERVAL.max),
      active: () => this.reals.active,
      producerOf: (producerId) => router.producerOf(producerId),
      tellVolumes: (volumes) => {
        this.safeEmit('volumes', volumes);
        this.observer.safeEmit('volumes', volumes);
      },
      tellSilence: () => {
        // It is closing, and everything with it.
        if (router.closed) {
          return;
        }

        this.safeEmit('silence');
        this.observer.safeEmit('silence');
      },
    });
  }

  /**
   * @param announce - Called with it before anybody else has it.
   * @throws as mediasoup's createAudioLevelObserver().
   */
  static create<A extends types.AppData = types.AppData>(
    router: ObservedRouter,
    options?: types.AudioLevelObserverOptions<A>,
    announce: (observer: VirtualAudioLevelObserver<A>) => void = () => undefined,
  ): Promise<VirtualAudioLevelObserver<A>> {
    return whileOneIsOpen(router, (realRouter) =>
      wrapFirst(
        realRouter.observer,
        'newrtpobserver',
        options,
        (given) => realRouter.createAudioLevelObserver(given),
        (first: types.AudioLevelObserver) => {
          const observer = new VirtualAudioLevelObserver<A>(router, first, options ?? {});

          observer.reals.adopt(realRouter, first);
          announce(observer);

          return observer;
        },
      ),
    );
  }

  get type(): 'audiolevel' {
    return 'audiolevel';
  }

  protected createReal(router: types.Router): Promise<types.AudioLevelObserver> {
    return router.createAudioLevelObserver(this.#options);
  }

  protected opened(part: Part): void {
    this.#merger.opened(part);
    part.real.on('volumes', (volumes) => this.#merger.volumes(part, volumes));
    part.real.on('silence', () => this.#merger.silence(part));
  }

  protected lost(part: Part): void {
    this.#merger.lost(part);
  }

  protected joined(): void {}

  protected left(part: Part, producerId: string): void {
    this.#merger.left(part, producerId);
  }

  protected pausing(): void {}

  protected ended(): void {
    this.#merger.close();
  }
}
