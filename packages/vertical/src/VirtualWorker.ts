import { hostOf, MediasoupEmitter, placeOnHost, severalHosts } from '@tureen/manager';
import type { types } from 'mediasoup';
import { bothNames, namesOf } from './merge/names.js';
import { sumUsage } from './merge/usage.js';
import { mergeWorkerDumps } from './merge/workerDump.js';
import type { VerticalContext } from './VerticalContext.js';
import { VirtualRouter } from './VirtualRouter.js';
import { VirtualWebRtcServer } from './VirtualWebRtcServer.js';
import { WorkerPool } from './WorkerPool.js';

/**
 * One worker to the application, several below.
 *
 * Follows https://mediasoup.org/documentation/v3/mediasoup/api/#Worker. It dies when the last of
 * its real workers does; of any other only what was on it closes.
 */
export class VirtualWorker<A extends types.AppData = types.AppData>
  extends MediasoupEmitter<types.WorkerEvents>
  implements types.Worker<A>
{
  readonly #observer: types.WorkerObserver = new MediasoupEmitter<types.WorkerObserverEvents>();
  readonly #routers = new Set<VirtualRouter>();
  readonly #webRtcServers = new Set<VirtualWebRtcServer>();
  readonly #pool: WorkerPool;
  #settings: types.WorkerSettings<A>;
  #appData: A;
  #closed = false;
  #died = false;
  #subprocessClosed = false;

  private constructor(context: VerticalContext, settings: types.WorkerSettings<A>) {
    super();
    this.#settings = {
      ...settings,
      ...(Array.isArray(settings.logTags) && { logTags: [...settings.logTags] }),
    };
    this.#appData = settings.appData ?? ({} as A);
    this.#pool = new WorkerPool(context, () => this.#settings, {
      lastWorkerEnded: (error) => this.#lastWorkerEnded(error),
      processEnded: () => this.#processEnded(),
    });
  }

  /** @throws as mediasoup's createWorker() does: a first real worker is started at once. */
  static async create<A extends types.AppData>(
    context: VerticalContext,
    settings: types.WorkerSettings<A>,
  ): Promise<VirtualWorker<A>> {
    const worker = new VirtualWorker(context, settings);

    try {
      await worker.#pool.startFirst();
      // Where hosts are told apart, any of its real workers may be on another one.
      if (hostOf(worker.#pool.last)) {
        placeOnHost(worker, severalHosts);
      }
    } catch (error) {
      worker.#pool.close();
      throw error;
    }

    return worker;
  }

  get context(): VerticalContext {
    return this.#pool.context;
  }

  get pool(): WorkerPool {
    return this.#pool;
  }

  get routers(): ReadonlySet<VirtualRouter> {
    return this.#routers;
  }

  /** Process id of the first real worker. */
  get pid(): number {
    return this.#pool.firstPid;
  }

  get closed(): boolean {
    // While the last real worker dies, its objects tell that before it does itself.
    return this.#closed || this.#pool.isOver;
  }

  get died(): boolean {
    return this.#died || (!this.#closed && this.#pool.hasDied);
  }

  get subprocessClosed(): boolean {
    return this.#subprocessClosed;
  }

  get appData(): A {
    return this.#appData;
  }

  set appData(appData: A) {
    this.#appData = appData;
  }

  get observer(): types.WorkerObserver {
    return this.#observer;
  }

  close(): void {
    // As in mediasoup, one that is dying goes on to tell that it died.
    if (this.closed) {
      return;
    }
    this.#end();
    this.#pool.close();
    this.#observer.safeEmit('close');
  }

  async dump(): Promise<types.WorkerDump> {
    const routers = namesOf(this.#routers);
    const webRtcServers = namesOf(this.#webRtcServers);
    const dumps = await this.#pool.each((worker) => worker.dump());

    return mergeWorkerDumps(dumps, this.pid, {
      routers: bothNames(routers, namesOf(this.#routers)),
      webRtcServers: bothNames(webRtcServers, namesOf(this.#webRtcServers)),
    });
  }

  async getResourceUsage(): Promise<types.WorkerResourceUsage> {
    return sumUsage(await this.#pool.each((worker) => worker.getResourceUsage()));
  }

  async updateSettings(options: types.WorkerUpdateableSettings<A> = {}): Promise<void> {
    await this.#pool.each((worker) => worker.updateSettings(options));
    // Only now: what a worker refuses must not keep the next one from starting.
    this.#settings = {
      ...this.#settings,
      ...(options.logLevel !== undefined && { logLevel: options.logLevel }),
      ...(options.logTags !== undefined && { logTags: options.logTags }),
    };
  }

  async createWebRtcServer<B extends types.AppData = types.AppData>(
    options: types.WebRtcServerOptions<B>,
  ): Promise<types.WebRtcServer<B>> {
    const server = await VirtualWebRtcServer.create(this.#pool, options, (made) => {
      this.#webRtcServers.add(made);
      made.observer.once('close', () => this.#webRtcServers.delete(made));
      this.#observer.safeEmit('newwebrtcserver', made);
    });

    return server as unknown as types.WebRtcServer<B>;
  }

  async createRouter<B extends types.AppData = types.AppData>(
    options: types.RouterOptions<B> = {},
  ): Promise<types.Router<B>> {
    const router = await VirtualRouter.create(this, options, (made) => {
      const host = hostOf(this);

      if (host) {
        placeOnHost(made, host);
      }
      this.#routers.add(made);
      made.observer.once('close', () => this.#routers.delete(made));
      this.#observer.safeEmit('newrouter', made);
    });

    return router as unknown as types.Router<B>;
  }

  #end(): void {
    this.#closed = true;
    for (const router of [...this.#routers]) {
      router.workerClosed();
    }
    for (const server of [...this.#webRtcServers]) {
      server.workerClosed();
    }
  }

  #lastWorkerEnded(error: Error | undefined): void {
    if (this.#closed) {
      return;
    }
    this.#died = error !== undefined;
    // As in mediasoup: a worker that died has no process any more, though that is told later.
    this.#subprocessClosed = this.#died && this.#pool.processes === 0;
    this.#end();
    this.#pool.close();
    if (error) {
      this.safeEmit('died', error);
      if (this.#subprocessClosed) {
        this.safeEmit('subprocessclose');
      }
    }
    this.#observer.safeEmit('close');
  }

  #processEnded(): void {
    if (this.#closed && !this.#subprocessClosed && this.#pool.processes === 0) {
      this.#subprocessClosed = true;
      this.safeEmit('subprocessclose');
    }
  }
}
