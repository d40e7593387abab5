import { once } from 'node:events';
import { RemoteMediasoupClient, type Mediasoup } from '@tureen/remote-client';
import type { types } from 'mediasoup';
import { clientOfEnvironment } from './environment';

/** Milliseconds that a worker waits for a daemon that has been there before. */
const patience = 10_000;

/**
 * The connection to the daemon. It lives as long as there are workers, so that it keeps the
 * process alive exactly when a local worker would: a process without workers ends.
 */
export class SharedClient {
  readonly #onNewWorker: (worker: types.Worker) => void;
  #client: RemoteMediasoupClient | undefined;
  #mediasoup: Promise<Mediasoup> | undefined;
  #users = 0;
  #everConnected = false;

  constructor(onNewWorker: (worker: types.Worker) => void) {
    this.#onNewWorker = onNewWorker;
  }

  /**
   * @throws ConnectionError if there is no daemon, or the environment does not say where.
   * @throws What mediasoup's createWorker() throws.
   */
  async createWorker<A extends types.AppData>(
    settings: types.WorkerSettings<A>,
  ): Promise<types.Worker<A>> {
    this.#users += 1;
    try {
      const mediasoup = await this.#module();
      const worker = await mediasoup.createWorker<A>(settings);

      if (worker.subprocessClosed) {
        this.#release();
      } else {
        worker.once('subprocessclose', () => this.#release());
      }

      return worker;
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** The module of the connection that is there, or of a new one. */
  #module(): Promise<Mediasoup> {
    if (!this.#mediasoup) {
      const connecting = this.#connect();

      this.#mediasoup = connecting;
      // Before anybody hears of it, so that the next worker is a new attempt.
      connecting.catch(() => this.#disconnect());
    }

    return this.#mediasoup;
  }

  async #connect(): Promise<Mediasoup> {
    this.#client = clientOfEnvironment();
    await this.#connected(this.#client);

    const mediasoup = this.#client.mediasoup as Mediasoup;

    this.#everConnected = true;
    mediasoup.observer.on('newworker', this.#onNewWorker);

    return mediasoup;
  }

  async #connected(client: RemoteMediasoupClient): Promise<void> {
    // What goes wrong later, applications hear from their workers.
    client.on('error', () => undefined);
    try {
      await once(client, 'mediasoup');
    } catch (error) {
      const isFinal = client.readyState === RemoteMediasoupClient.CLOSED;

      // A wrong address should show at once, but a daemon that restarts takes a moment.
      if (isFinal || !this.#everConnected) {
        throw error;
      }
      await once(client, 'mediasoup', { signal: AbortSignal.timeout(patience) }).catch(
        (reason: Error) => Promise.reject(reason.name === 'AbortError' ? error : reason),
      );
    }
  }

  #release(): void {
    this.#users -= 1;
    // Not yet: whoever waits for the last worker's end may be about to create the next one.
    setImmediate(() => {
      if (this.#users === 0) {
        this.#disconnect();
      }
    });
  }

  #disconnect(): void {
    this.#client?.close();
    this.#client = undefined;
    this.#mediasoup = undefined;
  }
}
