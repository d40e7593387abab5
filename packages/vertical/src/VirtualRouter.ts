import { isInternal, MediasoupEmitter, placedEndOptions, withoutEarly } from '@tureen/manager';
import type { types } from 'mediasoup';
import type { Catalogue } from './Catalogue.js';
import { mergeRouterDumps } from './merge/routerDump.js';
import { bothNames, routerNames } from './merge/routerNames.js';
import type { ObservedRouter } from './observers/ObservedRouter.js';
import { VirtualActiveSpeakerObserver } from './observers/VirtualActiveSpeakerObserver.js';
import { VirtualAudioLevelObserver } from './observers/VirtualAudioLevelObserver.js';
import { hideInternal } from './overlay/hideInternal.js';
import { overlayTransport } from './overlay/overlayTransport.js';
import { andThen } from './OnePerSlot.js';
import { pipeBetween } from './pipeBetween.js';
import type { PlacementRequest } from './placement/types.js';
import type { RealRouter } from './RealRouter.js';
import { RealRouters } from './RealRouters.js';
import { RoutedMedia } from './RoutedMedia.js';
import type { VirtualWorker } from './VirtualWorker.js';
import { realWebRtcServer } from './VirtualWebRtcServer.js';

type Kind = Exclude<PlacementRequest['kind'], 'router'>;
type VirtualObserver = VirtualAudioLevelObserver | VirtualActiveSpeakerObserver;

/**
 * One router to the application, one below on each real worker that it needs.
 *
 * Follows https://mediasoup.org/documentation/v3/mediasoup/api/#Router.
 */
export class VirtualRouter<A extends types.AppData = types.AppData>
  extends MediasoupEmitter<types.RouterEvents>
  implements types.Router<A>, ObservedRouter
{
  // Nothing of this is a visible property: applications log their routers.
  readonly #real: RealRouters;
  readonly #media: RoutedMedia;
  readonly #worker: VirtualWorker;
  readonly #observer: types.RouterObserver = new MediasoupEmitter<types.RouterObserverEvents>();
  /** In the order of their creation, in which they close. */
  readonly #transports = new Map<string, types.Transport>();
  readonly #rtpObservers = new Set<VirtualObserver>();
  #appData: A;
  #closed = false;

  private constructor(
    worker: VirtualWorker,
    options: types.RouterOptions<A>,
    announce: (router: VirtualRouter) => void,
  ) {
    super();
    this.#worker = worker;
    this.#appData = options?.appData ?? ({} as A);
    this.#real = new RealRouters(worker, options, {
      isClosed: () => this.#closed,
      begun: () => announce(this as unknown as VirtualRouter),
      newTransport: (transport, real) => this.#newTransport(transport, real),
      // Now, not when all real routers have ended: each router closes after what is on it.
      workerEnded: () => worker.closed && this.workerClosed(),
    });
    this.#media = new RoutedMedia(worker.context.load, this.#real);
  }

  /**
   * @param announce - Called with it before anybody else has it.
   * @throws as mediasoup's createRouter().
   */
  static async create<A extends types.AppData>(
    worker: VirtualWorker,
    options: types.RouterOptions<A>,
    announce: (router: VirtualRouter) => void,
  ): Promise<VirtualRouter> {
    const router = new VirtualRouter(worker, options, announce);

    await router.real.createFirst();

    return router as unknown as VirtualRouter;
  }

  get catalogue(): Catalogue {
    return this.#media.catalogue;
  }

  get real(): RealRouters {
    return this.#real;
  }

  get id(): string {
    return this.#real.first.id;
  }

  get closed(): boolean {
    // While the last real worker dies, what is on a real router tells that before this one can.
    return this.#closed || (this.#worker.closed && this.#real.areClosed);
  }

  get rtpCapabilities(): types.RtpCapabilities {
    return this.#real.first.rtpCapabilities;
  }

  get appData(): A {
    return this.#appData;
  }

  set appData(appData: A) {
    this.#appData = appData;
  }

  get observer(): types.RouterObserver {
    return this.#observer;
  }

  get rtpObservers(): ReadonlySet<VirtualObserver> {
    return this.#rtpObservers;
  }

  /** Ids of the real routers below. */
  realIds(): string[] {
    return [...this.#real.open].map(({ router }) => router.id);
  }

  close(): void {
    // While its worker dies it closes with that, as in mediasoup.
    if (!this.closed) {
      this.#end();
      this.emit('@close');
      this.#observer.safeEmit('close');
    }
  }

  workerClosed(): void {
    if (!this.#closed) {
      this.#end();
      this.safeEmit('workerclose');
      this.#observer.safeEmit('close');
    }
  }

  async dump(): Promise<types.RouterDump> {
    const before = routerNames(this);
    const dumps = await this.#real.dumps();

    return mergeRouterDumps(dumps, this.id, bothNames(before, routerNames(this)));
  }

  createWebRtcTransport<B extends types.AppData = types.AppData>(
    options: types.WebRtcTransportOptions<B>,
  ): Promise<types.WebRtcTransport<B>> {
    return this.#create('webrtc', options, (router, real) =>
      andThen(realWebRtcServer(options, real?.slot), (resolved) =>
        router.createWebRtcTransport(resolved),
      ),
    );
  }

  createPlainTransport<B extends types.AppData = types.AppData>(
    options: types.PlainTransportOptions<B>,
  ): Promise<types.PlainTransport<B>> {
    return this.#create('plain', options, (router) => router.createPlainTransport(options));
  }

  createPipeTransport<B extends types.AppData = types.AppData>(
    options: types.PipeTransportOptions<B>,
  ): Promise<types.PipeTransport<B>> {
    // A stream may have to be brought to where the transport is before it can be asked for.
    const own = withoutEarly(options);

    return this.#create('pipe', own, async (router) =>
      router.createPipeTransport(placedEndOptions(router, own)),
    );
  }

  createDirectTransport<B extends types.AppData = types.AppData>(
    options?: types.DirectTransportOptions<B>,
  ): Promise<types.DirectTransport<B>> {
    return this.#create('direct', options, (router) => router.createDirectTransport(options));
  }

  pipeToRouter(options: types.PipeToRouterOptions): Promise<types.PipeToRouterResult> {
    return pipeBetween(this as unknown as VirtualRouter, options);
  }

  createActiveSpeakerObserver<B extends types.AppData = types.AppData>(
    options?: types.ActiveSpeakerObserverOptions<B>,
  ): Promise<types.ActiveSpeakerObserver<B>> {
    return VirtualActiveSpeakerObserver.create(this, options, (made) =>
      this.#newObserver(made as unknown as VirtualActiveSpeakerObserver),
    );
  }

  createAudioLevelObserver<B extends types.AppData = types.AppData>(
    options?: types.AudioLevelObserverOptions<B>,
  ): Promise<types.AudioLevelObserver<B>> {
    return VirtualAudioLevelObserver.create(this, options, (made) =>
      this.#newObserver(made as unknown as VirtualAudioLevelObserver),
    );
  }

  canConsume(options: { producerId: string; rtpCapabilities: types.RtpCapabilities }): boolean {
    const source = this.catalogue.producers.get(options.producerId);

    return (source?.home.router ?? this.#real.first).canConsume(options);
  }

  updateMediaCodecs(mediaCodecs: types.RouterRtpCodecCapability[]): void {
    this.#real.updateMediaCodecs(mediaCodecs);
  }

  /** As mediasoup's routers have it for pipeToRouter() of another one to call. */
  addPipeTransportPair(key: string, pair: Promise<types.PipeTransportPair>): void {
    (this.#real.first as unknown as VirtualRouter).addPipeTransportPair(key, pair);
  }

  realRouterOf(producerId: string): types.Router | undefined {
    return this.catalogue.producers.get(producerId)?.home.router;
  }

  producerOf(producerId: string): types.Producer | undefined {
    return this.catalogue.producers.get(producerId)?.producer;
  }

  anyRealRouter(): types.Router | Promise<types.Router> {
    return this.#real.any();
  }

  #create<T extends types.Transport>(
    kind: Kind,
    options: { appData?: types.AppData } | undefined,
    create: (router: types.Router, real: RealRouter | undefined) => Promise<T>,
  ): Promise<T> {
    const request = { kind, routerId: this.id, appData: options?.appData ?? {} };

    return this.#real.place(request, create);
  }

  #newTransport(transport: types.Transport, real: RealRouter): void {
    if (isInternal(transport)) {
      hideInternal(transport, real.hidden);

      return;
    }
    overlayTransport(transport, real, this.#media);
    this.#transports.set(transport.id, transport);
    transport.observer.once('close', () => this.#transports.delete(transport.id));
    this.#observer.safeEmit('newtransport', transport);
  }

  #newObserver(observer: VirtualObserver): void {
    this.#rtpObservers.add(observer);
    (observer.observer as types.RtpObserverObserver).once('close', () =>
      this.#rtpObservers.delete(observer),
    );
    // On a router that has closed meanwhile, too: mediasoup leaves it open.
    this.#observer.safeEmit('newrtpobserver', observer);
  }

  #end(): void {
    this.#closed = true;
    for (const transport of [...this.#transports.values()]) {
      transport.routerClosed();
    }
    for (const observer of [...this.#rtpObservers]) {
      observer.routerClosed();
    }
    this.#real.close();
  }
}
