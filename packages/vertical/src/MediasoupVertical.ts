import {
  type Manager,
  ManagerClosedError,
  type ManagerEvents,
  type ManagerStats,
  type Mediasoup,
  type MediasoupModule,
} from '@tureen/manager';
import { EventEmitter } from 'node:events';
import { availableParallelism } from 'node:os';
import { describe, type VerticalDescription } from './describe.js';
import { Load } from './Load.js';
import { NotConnectedError } from './NotConnectedError.js';
import { type MediasoupVerticalOptions, mostWorkers, resolveOptions } from './options.js';
import { placementPolicy } from './placement/placementPolicy.js';
import type { VerticalContext } from './VerticalContext.js';
import { virtualMediasoup } from './virtualMediasoup.js';
import type { VirtualWorker } from './VirtualWorker.js';

/** What gives mediasoup: the module with its statistics, or a Manager. */
export interface VerticalSource {
  readonly mediasoup: MediasoupModule | undefined;
  getStats(): Promise<ManagerStats>;
}

/**
 * All workers that one manager can start, as if they were a single giant one. Emits 'mediasoup'
 * when the object is there and, with undefined, when it went away (see {@link ManagerEvents}).
 */
export class MediasoupVertical extends EventEmitter<ManagerEvents> implements Manager {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static readonly CONNECTED = 4;

  readonly #context: VerticalContext;
  readonly #workers = new Set<VirtualWorker>();
  readonly #follow = (mediasoup: MediasoupModule | undefined) => this.#use(mediasoup);
  /** Whoever has the object goes on with it when the one below comes back. */
  readonly #facades = new WeakMap<MediasoupModule, Mediasoup>();
  #below: MediasoupModule | undefined;
  #mediasoup: Mediasoup | undefined;
  #closed = true;

  /**
   * @param source - `{ mediasoup, getStats }` (see getStatsFactory), or a manager.
   * @throws TypeError for a source or an option that cannot be meant.
   */
  constructor(
    private readonly source: VerticalSource,
    options: MediasoupVerticalOptions = {},
  ) {
    super();
    if (typeof source !== 'object' || source === null || !('mediasoup' in source)) {
      throw new TypeError('the first argument must be { mediasoup, getStats } or a manager');
    }

    const resolved = resolveOptions(options);
    const newPlacement = () => placementPolicy(resolved.placement, resolved);

    // An unknown policy is told now, before anything is begun, not at the first transport.
    newPlacement();

    const load = new Load(() => source.getStats(), resolved.watermarkNode);

    this.#context = {
      options: resolved,
      maxWorkers: () =>
        resolved.maxWorkers ?? Math.min(load.cores ?? availableParallelism(), mostWorkers),
      newPlacement,
      load,
      mediasoup: () => this.#belowNow(),
    };
    this.open();
  }

  get mediasoup(): Mediasoup | undefined {
    return this.#mediasoup;
  }

  /** As a WebSocket's, and 4 (CONNECTED) when there is a mediasoup below. */
  get readyState(): number {
    const { CONNECTING, CONNECTED, CLOSED } = MediasoupVertical;

    return this.#closed ? CLOSED : this.#mediasoup ? CONNECTED : CONNECTING;
  }

  /** Goes on after {@link close}; not needed otherwise. */
  open(): void {
    if (!this.#closed) {
      return;
    }
    this.#closed = false;
    this.#context.load.start();
    if (isEmitter(this.source)) {
      this.source.on('mediasoup', this.#follow);
    }
    if (this.source.mediasoup) {
      // Whoever made this object can listen first.
      queueMicrotask(() => !this.#closed && !this.#mediasoup && this.#use(this.source.mediasoup));
    }
  }

  /**
   * Closes every worker made here. What is below stays open: it belongs to whoever made it. Safe to
   * call at any time, and twice.
   */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    if (isEmitter(this.source)) {
      this.source.off('mediasoup', this.#follow);
    }
    for (const worker of [...this.#workers]) {
      worker.close();
    }
    this.#context.load.stop();
    this.#use(undefined);
    this.emit('close');
  }

  /** As {@link close}. */
  destroy(): void {
    this.close();
  }

  /** Usage of the host below and of its workers. */
  getStats(): Promise<ManagerStats> {
    return this.source.getStats();
  }

  /** Workers, real routers, pipes, who consumes what, load and reservations, as plain data. */
  describe(): VerticalDescription {
    return describe(this.#workers, this.#context);
  }

  #use(below: MediasoupModule | undefined): void {
    if (this.#below === below) {
      return;
    }
    this.#below = below;
    this.#mediasoup = below && this.#facadeOf(below);
    this.emit('mediasoup', this.#mediasoup as never);
  }

  #facadeOf(below: MediasoupModule): Mediasoup {
    const known = this.#facades.get(below);

    if (known) {
      return known;
    }

    const facade = virtualMediasoup(below, this.#context, (worker) => {
      if (this.#closed) {
        worker.close();
        throw new ManagerClosedError('the manager was closed while the worker was being created');
      }
      this.#workers.add(worker);
      worker.observer.once('close', () => this.#workers.delete(worker));
    });

    this.#facades.set(below, facade);

    return facade;
  }

  #belowNow(): MediasoupModule {
    if (this.#closed) {
      throw new ManagerClosedError('the manager is closed');
    }
    if (!this.#below) {
      throw new NotConnectedError(
        'there is no mediasoup at the moment: wait until its manager is connected and emits it',
      );
    }

    return this.#below;
  }
}

function isEmitter(source: object): source is EventEmitter<ManagerEvents> {
  return source instanceof EventEmitter || typeof (source as EventEmitter).on === 'function';
}
