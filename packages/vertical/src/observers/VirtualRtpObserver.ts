import { MediasoupEmitter } from '@tureen/manager';
import type { types } from 'mediasoup';
import type { ObservedRouter } from './ObservedRouter.js';
import { RealObservers, type ObserverPart } from './RealObservers.js';

/** What both kinds of observers over a virtual router have in common. */
export abstract class VirtualRtpObserver<
  A extends types.AppData,
  Real extends types.RtpObserver,
  Events extends types.RtpObserverEvents,
  Observer extends types.RtpObserverObserver,
> extends MediasoupEmitter<Events> {
  protected readonly reals: RealObservers<Real>;
  readonly #observer = new MediasoupEmitter() as unknown as Observer;
  #appData: A;
  #closed = false;
  #paused = false;

  /** @param appData - The application's; the first real observer has checked it. */
  protected constructor(
    readonly id: string,
    appData: types.AppData,
    private readonly router: ObservedRouter,
  ) {
    super();
    this.reals = new RealObservers<Real>({
      router,
      create: (realRouter) => this.createReal(realRouter),
      opened: (part) => this.opened(part),
      lost: (part) => this.lost(part),
    });
    this.#appData = appData as A;
  }

  /** Another one like the first. */
  protected abstract createReal(realRouter: types.Router): Promise<Real>;
  protected abstract opened(part: ObserverPart<Real>): void;
  /** Its real router has closed, and all that was in it. */
  protected abstract lost(part: ObserverPart<Real>): void;
  /** A producer is in one of the real observers now. */
  protected abstract joined(part: ObserverPart<Real>, producerId: string): void;
  /** It was removed, or has closed. */
  protected abstract left(part: ObserverPart<Real>, producerId: string): void;
  /** It begins to pause or to resume: see `reals.paused`. */
  protected abstract pausing(): void;
  protected abstract ended(): void;

  get closed(): boolean {
    return this.#closed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get appData(): A {
    return this.#appData;
  }

  set appData(appData: A) {
    this.#appData = appData;
  }

  get observer(): Observer {
    return this.#observer;
  }

  /** Ids of the real observers below, those included that the application does not know of. */
  realIds(): string[] {
    return [...this.reals.open].map(({ real }) => real.id);
  }

  close(): void {
    if (!this.#closed) {
      this.#end();
      (this as unknown as types.RtpObserver).emit('@close');
      this.#itsObserver.safeEmit('close');
    }
  }

  /** The virtual router has closed. */
  routerClosed(): void {
    if (!this.#closed) {
      this.#end();
      (this as unknown as types.RtpObserver).safeEmit('routerclose');
      this.#itsObserver.safeEmit('close');
    }
  }

  pause(): Promise<void> {
    return this.#setPaused(true);
  }

  resume(): Promise<void> {
    return this.#setPaused(false);
  }

  async addProducer({ producerId }: { producerId: string }): Promise<void> {
    const found = this.#find(producerId);

    if (!found) {
      return this.reals.refuse(async (real) => {
        await real.addProducer({ producerId });
        // It was a copy of it, which is about to close as well.
        await real.removeProducer({ producerId });
      });
    }

    const part = await this.reals.call(found.home, (real) => real.addProducer({ producerId }));

    this.#join(part, found.producer);
    this.#itsObserver.safeEmit('addproducer', found.producer);
  }

  async removeProducer({ producerId }: { producerId: string }): Promise<void> {
    const found = this.#find(producerId);
    const remove = (real: Real): Promise<void> => real.removeProducer({ producerId });

    if (!found) {
      return this.reals.refuse(remove);
    }
    // To remove one that was never added is right, too.
    if (this.reals.has(found.home)) {
      this.#leave(await this.reals.call(found.home, remove), producerId);
    }
    this.#itsObserver.safeEmit('removeproducer', found.producer);
  }

  get #itsObserver(): types.RtpObserverObserver {
    return this.#observer;
  }

  #find(producerId: string): { producer: types.Producer; home: types.Router } | undefined {
    const producer = this.router.producerOf(producerId);
    const home = this.router.realRouterOf(producerId);

    return producer && home && !this.#closed ? { producer, home } : undefined;
  }

  async #setPaused(paused: boolean): Promise<void> {
    if (this.#closed) {
      return this.reals.refuse((real) => (paused ? real.pause() : real.resume()));
    }

    // As mediasoup does it: who calls twice before the answer is told twice.
    const wasPaused = this.#paused;
    const done = this.reals.setPaused(paused);

    this.pausing();
    await done;
    this.#paused = paused;
    if (paused !== wasPaused) {
      this.#itsObserver.safeEmit(paused ? 'pause' : 'resume');
    }
  }

  #join(part: ObserverPart<Real>, producer: types.Producer): void {
    const { id } = producer;

    if (producer.closed || part.producers.has(id) || !this.reals.open.has(part)) {
      return;
    }

    // Its type is that of both kinds of producers.
    const itsObserver = producer.observer as types.ProducerObserver;
    const onClose = (): void => this.#leave(part, id);

    itsObserver.once('close', onClose);
    part.producers.set(id, () => itsObserver.off('close', onClose));
    this.joined(part, id);
  }

  #leave(part: ObserverPart<Real>, producerId: string): void {
    part.producers.get(producerId)?.();
    if (part.producers.delete(producerId)) {
      this.left(part, producerId);
    }
  }

  #end(): void {
    this.#closed = true;
    this.reals.close();
    this.ended();
  }
}
