import { MediasoupEmitter } from '@tureen/manager';
import type { types } from 'mediasoup';
import { mergeWebRtcServerDumps } from './merge/webRtcServerDump.js';
import { OnePerSlot } from './OnePerSlot.js';
import { mostWorkers } from './options.js';
import { copyOf, portStride, shiftPorts } from './ports.js';
import { retrying } from './retrying.js';
import type { WorkerPool } from './WorkerPool.js';
import type { WorkerSlot } from './WorkerSlot.js';
import { wrapFirst } from './wrapFirst.js';

/**
 * One WebRtcServer to the application, one below on each real worker that has transports of it. The
 * one on worker i listens on the port asked for plus i; with a port range or no port, on any that
 * is free, as in mediasoup.
 *
 * Follows https://mediasoup.org/documentation/v3/mediasoup/api/#WebRtcServer.
 */
export class VirtualWebRtcServer<A extends types.AppData = types.AppData>
  extends MediasoupEmitter<types.WebRtcServerEvents>
  implements types.WebRtcServer<A>
{
  readonly #observer: types.WebRtcServerObserver =
    new MediasoupEmitter<types.WebRtcServerObserverEvents>();
  readonly #real = new OnePerSlot(
    (slot) => slot.use((worker) => this.#create(slot, worker)),
    (server: types.WebRtcServer) => ({
      closed: server.closed,
      onceClosed: (listener) => void server.observer.once('close', listener),
    }),
  );
  readonly #open = new Set<types.WebRtcServer>();
  /** In the order of their creation, in which they close, with the real server of each. */
  readonly #transports = new Map<types.WebRtcTransport, types.WebRtcServer>();
  readonly #pool: WorkerPool;
  readonly #options: types.WebRtcServerOptions<A>;
  readonly #stride: number;
  #first: types.WebRtcServer | undefined;
  #appData: A;
  #closed = false;

  private constructor(
    pool: WorkerPool,
    options: types.WebRtcServerOptions<A>,
    private readonly announce: (server: VirtualWebRtcServer) => void,
  ) {
    super();
    this.#pool = pool;
    // The application may change its array before the next real server is made of it.
    this.#options = { ...options, listenInfos: copyOf(options.listenInfos) };
    this.#appData = options.appData ?? ({} as A);
    this.#stride = portStride(options.listenInfos, pool.context.options.maxWorkers ?? mostWorkers);
  }

  /**
   * @param announce - Called with it before anybody else has it.
   * @throws as mediasoup's createWebRtcServer(): a first one is made at once.
   */
  static async create<A extends types.AppData>(
    pool: WorkerPool,
    options: types.WebRtcServerOptions<A>,
    announce: (server: VirtualWebRtcServer) => void,
  ): Promise<VirtualWebRtcServer> {
    const server = new VirtualWebRtcServer(pool, options ?? ({} as never), announce);
    const onLast = () => pool.last.createWebRtcServer(options as types.WebRtcServerOptions);

    server.#first = await retrying(
      pool,
      () => pool.isOver,
      async () => {
        const slot = pool.firstAnswering;

        // Without options, mediasoup says what is wrong.
        return slot && options ? server.realOn(slot) : onLast();
      },
      onLast,
    );

    return server as unknown as VirtualWebRtcServer;
  }

  get pool(): WorkerPool {
    return this.#pool;
  }

  get id(): string {
    return this.first.id;
  }

  /** The one that was there first. */
  get first(): types.WebRtcServer {
    return this.#first as types.WebRtcServer;
  }

  get closed(): boolean {
    return this.#closed || (this.#pool.isOver && [...this.#open].every(({ closed }) => closed));
  }

  get appData(): A {
    return this.#appData;
  }

  set appData(appData: A) {
    this.#appData = appData;
  }

  get observer(): types.WebRtcServerObserver {
    return this.#observer;
  }

  /** Ids of the real servers below. */
  realIds(): string[] {
    return [...this.#open].map(({ id }) => id);
  }

  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    for (const transport of [...this.#transports.keys()]) {
      transport.listenServerClosed();
      this.#unhandled(transport);
    }
    for (const server of [...this.#open]) {
      server.close();
    }
    this.emit('@close');
    this.#observer.safeEmit('close');
  }

  workerClosed(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#transports.clear();
      this.safeEmit('workerclose');
      this.#observer.safeEmit('close');
    }
  }

  async dump(): Promise<types.WebRtcServerDump> {
    // Where the workers of all have ended it listens nowhere, until a transport needs it.
    const asked = this.closed ? [this.first] : [...this.#open];
    const answers = await Promise.allSettled(asked.map((server) => server.dump()));
    const failed = answers.find(
      (answer, index) => answer.status === 'rejected' && (this.closed || !asked[index]!.closed),
    );

    if (failed?.status === 'rejected') {
      throw failed.reason;
    }

    return mergeWebRtcServerDumps(
      this.id,
      answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
    );
  }

  handleWebRtcTransport(webRtcTransport: types.WebRtcTransport): void {
    this.first.handleWebRtcTransport(webRtcTransport);
  }

  /** The real one on a worker, made if there is none; calls at once share one. */
  realOn(slot: WorkerSlot): types.WebRtcServer | Promise<types.WebRtcServer> {
    return this.#real.on(slot);
  }

  #create(slot: WorkerSlot, worker: types.Worker): Promise<types.WebRtcServer> {
    let listenInfos: unknown;

    try {
      listenInfos = shiftPorts(this.#options.listenInfos, slot.index * this.#stride);
    } catch (error) {
      return Promise.reject(error as Error);
    }

    const shifted = { ...this.#options, listenInfos };

    return wrapFirst(
      worker.observer,
      'newwebrtcserver',
      shifted as types.WebRtcServerOptions,
      (given) => worker.createWebRtcServer(given),
      (server: types.WebRtcServer) => this.#adopt(server),
    );
  }

  #adopt(server: types.WebRtcServer): types.WebRtcServer {
    const isFirst = !this.#first;

    this.#first ??= server;
    if (this.closed) {
      server.close();
    } else {
      this.#open.add(server);
      this.#follow(server);
    }
    if (isFirst) {
      this.announce(this as unknown as VirtualWebRtcServer);
    }

    return server;
  }

  #follow(server: types.WebRtcServer): void {
    server.observer.on('webrtctransporthandled', (transport) => {
      this.#transports.set(transport, server);
      this.#observer.safeEmit('webrtctransporthandled', transport);
    });
    server.observer.on('webrtctransportunhandled', (transport) => this.#unhandled(transport));
    server.observer.once('close', () => {
      this.#open.delete(server);
      // Its worker died: they have closed with their routers.
      for (const [transport, itsServer] of [...this.#transports]) {
        if (itsServer === server) {
          this.#transports.delete(transport);
        }
      }
    });
  }

  #unhandled(transport: types.WebRtcTransport): void {
    if (this.#transports.delete(transport)) {
      this.#observer.safeEmit('webrtctransportunhandled', transport);
    }
  }
}

/** Options of a transport, with the real server in the place of the virtual one. */
export function realWebRtcServer<A extends types.AppData>(
  options: types.WebRtcTransportOptions<A>,
  slot: WorkerSlot | undefined,
): types.WebRtcTransportOptions<A> | Promise<types.WebRtcTransportOptions<A>> {
  const server = options?.webRtcServer;

  if (!(server instanceof VirtualWebRtcServer)) {
    return options;
  }

  // With one that is closed, or another worker's, mediasoup says what is wrong.
  const usable = slot && !server.closed && server.pool.slots.includes(slot);
  const real = usable ? server.realOn(slot) : server.first;
  const withReal = (webRtcServer: types.WebRtcServer) =>
    ({ ...options, webRtcServer }) as types.WebRtcTransportOptions<A>;

  return real instanceof Promise ? real.then(withReal) : withReal(real);
}
