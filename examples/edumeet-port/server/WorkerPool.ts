import { once } from 'node:events';
import type * as types from 'mediasoup/types';
import { MediaUnavailableError } from './errors.js';
import type { Log } from './log.js';

export interface WorkerPoolOptions {
  /** How many workers to keep alive. */
  count: number;
  /** Address, on the host where the media runs, that the workers listen on. */
  listenIp: string;
  /** Address that pages are told instead, when they cannot reach `listenIp` itself. */
  announcedAddress?: string;
  /** First worker's port for UDP and TCP, the next worker takes the next one. 0 = any free. */
  webRtcPort: number;
  log: Log;
}

interface Slot {
  worker: types.Worker;
  webRtcServer: types.WebRtcServer;
  routers: number;
}

export interface RouterPlace {
  router: types.Router;
  webRtcServer: types.WebRtcServer;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
const LONG_LIFE_MS = 10_000;
const CLOSE_DEADLINE_MS = 3_000;

/**
 * Keeps a number of mediasoup workers alive, each with a WebRtcServer, for as long as there is a
 * mediasoup object to create them with. A worker that died is replaced; whatever ran on it has
 * been told by mediasoup already (`workerclose`).
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: (Slot | undefined)[];
  /** Those whose process lives, closed or not. */
  readonly #workers = new Set<types.Worker>();
  #mediasoup: types.Index | undefined;
  #filling: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #retryDelay = FIRST_RETRY_MS;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count });
  }

  /** Pids of the workers alive. With remote media these are processes of the other host. */
  get pids(): number[] {
    return this.#slots.flatMap((slot) => (slot ? [slot.worker.pid] : []));
  }

  /** Creates the first workers. Rejects, unlike later attempts, when that does not succeed. */
  async start(mediasoup: types.Index): Promise<void> {
    this.#mediasoup = mediasoup;
    await this.#fillOnce();
  }

  /** To be called when the mediasoup object goes away (undefined) and when it is back. */
  setMediasoup(mediasoup: types.Index | undefined): void {
    this.#mediasoup = mediasoup;
    this.#retryDelay = FIRST_RETRY_MS;
    if (mediasoup) this.#refillIn(0);
  }

  /** Creates a router on the worker that has fewest. */
  async createRouter(mediaCodecs: types.RouterRtpCodecCapability[]): Promise<RouterPlace> {
    const slot = this.#slots
      .filter((candidate) => candidate !== undefined)
      .sort((a, b) => a.routers - b.routers)[0];
    if (!slot) throw new MediaUnavailableError();

    // Counted before it exists, so that rooms opened at the same time spread as well.
    slot.routers++;
    const leave = () => void slot.routers--;
    try {
      const router = await slot.worker.createRouter({ mediaCodecs });
      router.observer.once('close', leave);
      return { router, webRtcServer: slot.webRtcServer };
    } catch (cause) {
      leave();
      throw new MediaUnavailableError({ cause });
    }
  }

  /** Closes the workers and waits, not for ever, until their processes have gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    await this.#filling?.catch(() => {});
    await Promise.all(Array.from(this.#workers, (worker) => this.#closeWorker(worker)));
  }

  async #closeWorker(worker: types.Worker): Promise<void> {
    const gone = once(worker, 'subprocessclose', {
      signal: AbortSignal.timeout(CLOSE_DEADLINE_MS),
    });
    worker.close();
    await gone.catch(() => this.#options.log.warn('a worker was slow to go', { pid: worker.pid }));
  }

  /** One filling at a time, whoever asks. */
  #fillOnce(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => (this.#filling = undefined));
    return this.#filling;
  }

  async #fill(): Promise<void> {
    for (;;) {
      const mediasoup = this.#mediasoup;
      const index = this.#slots.findIndex((slot) => slot === undefined);
      if (this.#closed || !mediasoup || index === -1) return;
      await this.#createSlot(mediasoup, index);
    }
  }

  async #createSlot(mediasoup: types.Index, index: number): Promise<void> {
    const { listenIp: ip, announcedAddress, webRtcPort, log } = this.#options;
    const worker = await mediasoup.createWorker({ logLevel: 'warn', appData: { index } });
    const bornAt = performance.now();
    this.#workers.add(worker);
    worker.once('subprocessclose', () => this.#workers.delete(worker));
    worker.once('died', (error) => {
      log.warn('a media worker died', { pid: worker.pid, error });
      this.#workers.delete(worker);
      if (performance.now() - bornAt > LONG_LIFE_MS) this.#retryDelay = FIRST_RETRY_MS;
      this.#refillIn(this.#retryDelay);
    });
    worker.observer.once('close', () => {
      if (this.#slots[index]?.worker === worker) this.#slots[index] = undefined;
    });

    try {
      const port = webRtcPort === 0 ? undefined : webRtcPort + index;
      const webRtcServer = await worker.createWebRtcServer({
        listenInfos: [
          { protocol: 'udp', ip, announcedAddress, port },
          { protocol: 'tcp', ip, announcedAddress, port },
        ],
      });
      this.#slots[index] = { worker, webRtcServer, routers: 0 };
      log.info('media worker ready', { pid: worker.pid });
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  #refillIn(delay: number): void {
    clearTimeout(this.#retryTimer);
    if (this.#closed) return;
    this.#retryTimer = setTimeout(() => {
      // Grows until a worker has lived for a while: one that dies at once must not be started
      // again and again at full speed.
      this.#retryDelay = Math.min(this.#retryDelay * 2, LONGEST_RETRY_MS);
      this.#fillOnce().catch((error: Error) => {
        this.#options.log.warn('no media worker could be created', { error });
        this.#refillIn(this.#retryDelay);
      });
    }, delay);
  }
}
