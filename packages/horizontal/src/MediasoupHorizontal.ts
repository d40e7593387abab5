import { EventEmitter } from 'node:events';
import {
  type Manager,
  ManagerClosedError,
  type ManagerStats,
  type Mediasoup,
  type MediasoupModule,
  ReadyState,
} from '@tureen/manager';
import type { types } from 'mediasoup';
import { describe, type HorizontalDescription } from './describe.js';
import type { Host } from './Host.js';
import type { HostManager } from './HostManager.js';
import { type HorizontalMediasoup, horizontalMediasoup } from './horizontalMediasoup.js';
import { HostSet } from './HostSet.js';
import { mergeStats } from './mergeStats.js';
import {
  type MediasoupHorizontalOptions,
  type ResolvedOptions,
  resolveOptions,
} from './options.js';
import { overlayWorker } from './overlay/overlayWorker.js';
import { hostPlacementPolicy } from './placement/hostPlacementPolicy.js';
import { WorkerMaker } from './WorkerMaker.js';

export interface HorizontalObserverEvents {
  /** A host can be given workers now. */
  hostusable: [manager: HostManager];
  /** It cannot any more; what it has goes on as long as it can. */
  hostunusable: [manager: HostManager, reason: string];
}

/**
 * Many hosts as one mediasoup. A worker lives on one of them; routers can be piped from any to any.
 * Hosts come and go at run time, as in a Set.
 *
 * ```ts
 * const horizontal = new MediasoupHorizontal([
 *   new RemoteMediasoupClient('ws://a.example.com:4600'),
 *   new RemoteMediasoupClient('ws://b.example.com:4600'),
 * ]);
 * await once(horizontal, 'mediasoup');
 * const { mediasoup } = horizontal;
 * ```
 */
export class MediasoupHorizontal extends HostSet implements Manager {
  static readonly CONNECTING = ReadyState.CONNECTING;
  static readonly OPEN = ReadyState.OPEN;
  static readonly CLOSING = ReadyState.CLOSING;
  static readonly CLOSED = ReadyState.CLOSED;
  static readonly CONNECTED = ReadyState.CONNECTED;

  /** Tells of hosts. */
  readonly observer = new EventEmitter<HorizontalObserverEvents>();
  readonly #options: ResolvedOptions;
  readonly #maker: WorkerMaker;
  readonly #routers = new WeakMap<object, Host>();
  readonly #pids = new Set<number>();
  #made: { reference: MediasoupModule; mediasoup: HorizontalMediasoup } | undefined;
  #available = false;
  #closed = true;

  /**
   * @param managers - One for each host; they stay the caller's to close.
   * @throws TypeError for an option or a manager that cannot be meant.
   */
  constructor(managers: Iterable<HostManager> = [], options: MediasoupHorizontalOptions = {}) {
    const resolved = resolveOptions(options);

    super(resolved);
    this.#options = resolved;
    this.#maker = new WorkerMaker(this.hosts, hostPlacementPolicy(this.#options.placement));
    for (const manager of managers) {
      this.add(manager);
    }
    this.open();
  }

  /** The object to use in place of the mediasoup module; undefined until a host can be used. */
  get mediasoup(): Mediasoup | undefined {
    return this.#available ? this.#made?.mediasoup.object : undefined;
  }

  /** As a WebSocket's, and 4 (CONNECTED) while there is a mediasoup. */
  get readyState(): number {
    const { CONNECTING, CONNECTED, CLOSED } = ReadyState;

    return this.#closed ? CLOSED : this.#available ? CONNECTED : CONNECTING;
  }

  /** Goes on after {@link close}; not needed otherwise. */
  open(): void {
    if (this.#closed) {
      this.#closed = false;
      this.hosts.start();
    }
  }

  /**
   * Closes every worker made here. The managers stay open: they belong to whoever made them. Safe to
   * call at any time, and twice.
   */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.hosts.stop();
    for (const { workers } of [...this.hosts.all, ...this.leaving.values()]) {
      [...workers].forEach((worker) => worker.close());
    }
    this.update();
    this.emit('close');
  }

  /** As {@link close}. */
  destroy(): void {
    this.close();
  }

  /** Sums of what the hosts answered last, at most `healthInterval` ago, and each answer. */
  async getStats(): Promise<ManagerStats> {
    if (this.#closed) {
      throw new ManagerClosedError('the manager is closed');
    }

    return mergeStats(this.hosts.all);
  }

  /** Hosts, their load and their workers, as plain data. */
  describe(): HorizontalDescription {
    return describe(this.hosts.all, [...this.leaving.values()]);
  }

  protected override hostChanged(host: Host, reason: string | undefined): void {
    if (reason === undefined) {
      this.#made?.mediasoup.joined(host.mediasoup as MediasoupModule);
      this.update();
      this.observer.emit('hostusable', host.manager);
    } else {
      this.update();
      this.observer.emit('hostunusable', host.manager, reason);
    }
  }

  /** There is a mediasoup as long as a host has one, even if it can be given nothing just now. */
  protected override update(): void {
    const { hosts } = this;
    const { reference } = hosts;
    const anyUsable = hosts.some(({ unusable }) => unusable === undefined);
    const available =
      !this.#closed &&
      (anyUsable || (this.#available && hosts.some(({ mediasoup }) => mediasoup !== undefined)));
    const before = this.mediasoup;

    if (available && reference && this.#made?.reference !== reference && anyUsable) {
      this.#made = {
        reference,
        mediasoup: horizontalMediasoup(reference, this.hosts, (settings) =>
          this.#createWorker(settings),
        ),
      };
    }
    this.#available = available;
    if (this.mediasoup !== before) {
      this.emit('mediasoup', this.mediasoup);
    }
  }

  async #createWorker<A extends types.AppData>(
    settings?: types.WorkerSettings<A>,
  ): Promise<types.Worker<A>> {
    const mediasoup = this.#made?.mediasoup;

    return this.#maker.make(settings, {
      assertWanted: () => this.#assertOpen(),
      made: (worker, host) => {
        if (this.#closed) {
          worker.close();
        }
        this.#assertOpen();
        // One that has gone already tells nothing any more.
        if (!worker.closed) {
          this.#keep(worker, this.keeperOf(host));
        }
        mediasoup?.observer.safeEmit('newworker', worker);
      },
    });
  }

  #keep(worker: types.Worker, host: Host): void {
    let died: Error | undefined;

    host.workers.add(worker);
    overlayWorker(worker, host, this.#pids, {
      hostOf: (router) => this.#routers.get(router),
      routerMade: (router, of) => this.#routers.set(router, of),
      pipeTimeout: this.#options.pipeTimeout,
      NotFoundError: (this.hosts.reference as MediasoupModule).errors.NotFoundError,
    });
    worker.once('died', (error) => (died = error));
    // Comes after 'died': those who listen to the worker hear of it before those of the manager.
    worker.observer.once('close', () => {
      host.workers.delete(worker);
      if (host.workers.size === 0) {
        this.leaving.delete(host.manager);
      }
      if (died && this.#options.listenWorkerDied && this.listenerCount('error') > 0) {
        this.emit('error', died);
      }
    });
  }

  #assertOpen(): void {
    if (this.#closed) {
      throw new ManagerClosedError('the manager is closed');
    }
  }

  /** Unheard, an 'error' would end the process. */
  protected override tellError(error: Error): void {
    if (this.listenerCount('error') > 0) {
      this.emit('error', error);
    } else {
      process.emitWarning(error);
    }
  }
}
