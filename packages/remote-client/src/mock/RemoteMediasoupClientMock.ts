import { hostStats, LocalWorkers } from '@tureen/manager';
import { ClientClosedError } from '@tureen/protocol';
import { checkToken } from '../dialWebSocket.js';
import { EnhancedEventEmitter } from '../library.js';
import type { ManagerStats } from '../Manager.js';
import { ManagerBase } from '../ManagerBase.js';
import type { RemoteMediasoupClientOptions } from '../options.js';
import type { Mediasoup, MediasoupModule } from '../RemoteMediasoup.js';
import { ServerUrls } from '../ServerUrls.js';
import { loadMediasoup } from './loadMediasoup.js';

export interface RemoteMediasoupClientMockOptions extends RemoteMediasoupClientOptions {
  /** The local mediasoup module. Default: the one that is installed. */
  mediasoup?: MediasoupModule;
}

/**
 * Stands in for a RemoteMediasoupClient where there is no daemon: the same life, but the workers
 * are children of this process. Of the options, those about connections have no effect.
 *
 * Needs mediasoup, which the package does not install.
 */
export class RemoteMediasoupClientMock extends ManagerBase {
  readonly #given: MediasoupModule | undefined;
  #urls: ServerUrls | undefined;
  #workers: LocalWorkers | undefined;
  #readyState: number = ManagerBase.CLOSED;
  /** Counts openings: what an earlier one began must not go on after a close. */
  #opening = 0;

  /**
   * @param url - Checked as a client's, and otherwise not used. May be left out where
   *   {@link open} is called.
   * @throws TypeError for a URL that cannot be one of a Tureen server, or a token that cannot be
   *   sent.
   */
  constructor(
    url?: string | URL | readonly (string | URL)[],
    options: RemoteMediasoupClientMockOptions = {},
  ) {
    super(options);
    checkToken(options.token);
    this.#given = options.mediasoup;
    if (url !== undefined) {
      this.open(url);
    }
  }

  get mediasoup(): Mediasoup | undefined {
    return this.#readyState === ManagerBase.CONNECTED ? this.#workers?.mediasoup : undefined;
  }

  get readyState(): number {
    return this.#readyState;
  }

  open(url?: string | URL | readonly (string | URL)[]): void {
    if (this.#isOpen) {
      return;
    }
    if (url !== undefined) {
      this.#urls = new ServerUrls(url);
    }
    if (!this.#urls) {
      throw new TypeError('no URL to connect to');
    }
    this.#readyState = ManagerBase.CONNECTING;
    this.#opening += 1;
    void this.#connect(this.#opening);
  }

  close(): void {
    if (!this.#isOpen) {
      return;
    }

    const available = this.mediasoup !== undefined;

    this.#readyState = ManagerBase.CLOSING;
    this.#workers?.closeAll();
    if (available) {
      this.tell('mediasoup', undefined);
    }
    process.nextTick(() => this.#closed());
  }

  /** Usage of this host and process. */
  async getStats(): Promise<ManagerStats> {
    if (!this.#isOpen) {
      throw new ClientClosedError('the client is closed');
    }

    return hostStats();
  }

  get #isOpen(): boolean {
    return this.#readyState !== ManagerBase.CLOSED && this.#readyState !== ManagerBase.CLOSING;
  }

  async #connect(opening: number): Promise<void> {
    const isWanted = () => this.#opening === opening && this.#isOpen;

    try {
      const local = this.#given ?? (await loadMediasoup());

      // No connection is there before the next turn of the event loop.
      setImmediate(() => isWanted() && this.#connected(local));
    } catch (error) {
      setImmediate(() => isWanted() && this.#failed(error as Error));
    }
  }

  #connected(local: MediasoupModule): void {
    // One object for the client's whole life: applications keep it.
    this.#workers ??= new LocalWorkers(local, (error) => this.workerDied(error), {
      observer: new EnhancedEventEmitter(),
      closedError: () => new ClientClosedError('the client is closed'),
    });
    this.#workers.open();
    this.#readyState = ManagerBase.CONNECTED;
    this.tell('connected');
    this.tell('mediasoup', this.#workers.mediasoup);
  }

  #failed(error: Error): void {
    this.#readyState = ManagerBase.CLOSED;
    this.tell('error', error);
    this.tell('close');
  }

  #closed(): void {
    // Unless it was opened again meanwhile.
    if (!this.#isOpen) {
      this.#readyState = ManagerBase.CLOSED;
    }
    this.tell('close');
  }
}
