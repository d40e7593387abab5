import { hostOf, placeOnHost } from '@tureen/manager';
import type { types } from 'mediasoup';
import { overload } from './placement/loads.js';
import type { PlacementRequest } from './placement/types.js';
import { andThen, OnePerSlot } from './OnePerSlot.js';
import { RealRouter } from './RealRouter.js';
import type { VirtualWorker } from './VirtualWorker.js';
import { retrying } from './retrying.js';
import type { WorkerSlot } from './WorkerSlot.js';
import { wrapFirst } from './wrapFirst.js';

/** Bytes: far beyond what transports of applications are made for. */
const pipeBuffer = 64 * 1024 * 1024;

/** Which messages get lost is up to the application's transports; the pipe carries them all. */
const messages = {
  maxSendMessageSize: pipeBuffer,
  maxReceiveMessageSize: pipeBuffer,
  sctpSendBufferSize: pipeBuffer,
  sctpPerStreamSendQueueLimit: pipeBuffer,
  sctpMaxReceiverWindowBufferSize: pipeBuffer,
};

export interface RealRoutersOwner {
  isClosed(): boolean;
  /** The first one is there, in the moment in which its worker announces it. */
  begun(): void;
  newTransport(transport: types.Transport, real: RealRouter): void;
  /** One of the real workers has ended, and told the real router on it. */
  workerEnded(): void;
}

/** The real routers of one virtual router: at most one on each real worker. */
export class RealRouters {
  readonly #routers = new OnePerSlot(
    (slot) => slot.use((worker) => this.#create(slot, worker)),
    (real: RealRouter) => ({
      closed: real.closed,
      onceClosed: (listener) => void real.router.observer.once('close', listener),
    }),
  );
  readonly #open = new Set<RealRouter>();
  #mediaCodecs: types.RouterRtpCodecCapability[] | undefined;
  #first: types.Router | undefined;

  constructor(
    private readonly worker: VirtualWorker,
    private readonly options: types.RouterOptions,
    private readonly owner: RealRoutersOwner,
  ) {
    // The application may change its array before the next real router is made of it.
    this.#mediaCodecs = structuredClone(options?.mediaCodecs);
  }

  /**
   * The one that was there first. It keeps answering for what all have in common (id, capabilities)
   * and, when nothing is left, for the errors of calls on what is closed.
   */
  get first(): types.Router {
    return this.#first as types.Router;
  }

  get open(): ReadonlySet<RealRouter> {
    return this.#open;
  }

  /** None is open any more; those that are just closing do not count. */
  get areClosed(): boolean {
    return [...this.#open].every(({ closed }) => closed);
  }

  get pipeOptions() {
    const { options, load } = this.worker.context;
    const { idlePipeTimeout, pipe, pipeTimeout, maxPipeDepth, watermarkWorker } = options;

    return {
      tree: {
        maxDepth: maxPipeDepth,
        full: Math.min(watermarkWorker, overload),
        answers: ({ slot }: RealRouter) => !load.isSilent(slot),
        loadOf: ({ slot }: RealRouter) => load.percentOf(slot),
      },
      idleTimeout: idlePipeTimeout,
      pair: {
        transport: { enableSctp: true, ...messages, ...pipe } as types.PipeTransportOptions,
        timeout: pipeTimeout,
      },
    };
  }

  async createFirst(): Promise<void> {
    const { pool } = this.worker;
    const request = { kind: 'router', appData: this.options?.appData ?? {} } as const;

    if (this.worker.closed) {
      this.#first = await pool.last.createRouter(this.options);

      return;
    }

    await this.#retrying(
      async () => this.#routers.on(pool.place(request, () => false)),
      () => pool.last.createRouter(this.options),
    );
  }

  /** Makes a transport where the policy puts it, elsewhere if the worker there dies meanwhile. */
  place<T>(
    request: PlacementRequest,
    create: (router: types.Router, real: RealRouter | undefined) => Promise<T>,
  ): Promise<T> {
    if (this.#isOver) {
      return create(this.first, undefined);
    }

    const attempt = () => {
      const slot = this.worker.pool.place(request, (at) => this.#routers.has(at));

      return andThen(this.#routers.on(slot), (real) => {
        real.retain();

        return create(real.router, real).finally(() => real.release());
      });
    };

    return this.#retrying(attempt, () => create(this.first, undefined));
  }

  /** One that is open, if there is any on a worker that answers. */
  any(): types.Router | Promise<types.Router> {
    const { load } = this.worker.context;
    const open = [...this.#open].find(({ slot }) => !load.isSilent(slot));

    if (open || this.#isOver) {
      return open?.router ?? this.first;
    }

    const request = { kind: 'router', routerId: this.first.id, appData: {} } as const;

    const attempt = async () => {
      const real = await this.#routers.on(this.worker.pool.place(request, () => false));

      return real.router;
    };

    return this.#retrying(attempt, async () => this.first);
  }

  updateMediaCodecs(mediaCodecs: types.RouterRtpCodecCapability[]): void {
    const routers = new Set([this.first, ...[...this.#open].map(({ router }) => router)]);

    // What is wrong with them is so for all: the first one throws, before any has changed.
    for (const router of routers) {
      router.updateMediaCodecs(mediaCodecs);
    }
    this.#mediaCodecs = structuredClone(mediaCodecs);
  }

  /** Those that close meanwhile are left out. */
  async dumps(): Promise<types.RouterDump[]> {
    if (this.#isOver) {
      return [await this.first.dump()];
    }

    const asked = [...this.#open];
    const answers = await Promise.allSettled(asked.map(({ router }) => router.dump()));

    return answers.flatMap((answer, index) => {
      if (answer.status === 'fulfilled') {
        return [answer.value];
      }
      if (asked[index]!.closed && !this.#isOver) {
        return [];
      }
      throw answer.reason;
    });
  }

  /**
   * One on another worker than a given one, if there is another; undefined if there is none at all.
   * At once if it is there.
   */
  elsewhere(slot: WorkerSlot): RealRouter | undefined | Promise<RealRouter | undefined> {
    if (this.#isOver) {
      return undefined;
    }

    const { pool } = this.worker;
    const attempt = () => this.#routers.on(pool.otherThan(slot) ?? slot);
    const real = attempt();

    return real instanceof Promise
      ? this.#retrying(
          async () => attempt(),
          async () => undefined,
        )
      : real;
  }

  close(): void {
    for (const { router } of [...this.#open]) {
      router.close();
    }
  }

  get #isOver(): boolean {
    return this.owner.isClosed() || this.worker.closed;
  }

  #retrying<T, U>(attempt: () => Promise<T>, whenOver: () => Promise<U>): Promise<T | U> {
    return retrying(this.worker.pool, () => this.#isOver, attempt, whenOver);
  }

  #create(slot: WorkerSlot, worker: types.Worker): Promise<RealRouter> {
    const mediaCodecs = this.#mediaCodecs;
    const options = this.options && { ...this.options, mediaCodecs };

    return wrapFirst(
      worker.observer,
      'newrouter',
      options,
      (given) => worker.createRouter(given),
      (router: types.Router) => this.#adopt(router, slot, worker, mediaCodecs),
    );
  }

  #adopt(
    router: types.Router,
    slot: WorkerSlot,
    worker: types.Worker,
    mediaCodecs: types.RouterRtpCodecCapability[] | undefined,
  ): RealRouter {
    if (mediaCodecs !== this.#mediaCodecs) {
      router.updateMediaCodecs(this.#mediaCodecs ?? []);
    }

    const host = hostOf(worker);

    if (host && !hostOf(router)) {
      placeOnHost(router, host);
    }

    const isFirst = !this.#first;

    this.#first ??= router;
    if (this.owner.isClosed()) {
      router.close();
    }

    const real = new RealRouter(router, slot, this.#open);

    this.#open.add(real);
    router.observer.on('newtransport', (transport) => this.owner.newTransport(transport, real));
    router.once('workerclose', () => this.owner.workerEnded());
    router.observer.once('close', () => this.#open.delete(real));
    if (router.closed) {
      this.#open.delete(real);
      slot.routers.delete(real);
    }
    if (isFirst) {
      this.owner.begun();
    }

    return real;
  }
}
