import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { DiscoveredHost, Discovery, DiscoveryEvents } from './Discovery.js';
import { DiscoveryClosedError, DiscoveryOutageError, messageOf } from './errors.js';

/** What every discovery does alike: it says only what has changed, and each outage once. */
export abstract class DiscoveryBase extends EventEmitter<DiscoveryEvents> implements Discovery {
  #hosts: readonly DiscoveredHost[] | undefined;
  #outage: DiscoveryOutageError | undefined;
  #start: Promise<void> | undefined;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #closed: Promise<void> | undefined;

  get hosts(): readonly DiscoveredHost[] {
    return this.#hosts ?? [];
  }

  get outage(): Error | undefined {
    return this.#outage;
  }

  protected get closed(): boolean {
    return this.#closed !== undefined;
  }

  start(): Promise<void> {
    if (this.#start) {
      return this.#start;
    }
    this.#start = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    if (this.closed) {
      this.#settle?.reject(new DiscoveryClosedError('the discovery is closed'));
    } else {
      this.begin();
    }

    return this.#start;
  }

  close(): Promise<void> {
    this.#closed ??= this.#start ? this.end() : Promise.resolve();
    // Nothing happens if it has been settled before.
    this.#settle?.reject(new DiscoveryClosedError('the discovery was closed before it knew hosts'));

    return this.#closed;
  }

  /** Called once, by the first {@link start}. */
  protected abstract begin(): void;

  /** Called once, and only after {@link begin}. */
  protected abstract end(): Promise<void>;

  /** These are the hosts now. */
  protected learned(hosts: readonly DiscoveredHost[]): void {
    if (this.closed) {
      return;
    }
    if (!isDeepStrictEqual(hosts, this.#hosts)) {
      this.#hosts = Object.freeze([...hosts]);
      this.#tell('hosts', this.#hosts);
    }
    this.#settle?.resolve();
  }

  /** Nothing can be learned; told once until {@link recovered}. */
  protected failed(what: string, cause: unknown): void {
    if (this.closed || this.#outage) {
      return;
    }
    this.#outage = new DiscoveryOutageError(
      `${what}: ${messageOf(cause)}; the hosts known so far are kept`,
      { cause },
    );
    this.complain(this.#outage);
  }

  protected recovered(): void {
    if (this.#outage && !this.closed) {
      this.#outage = undefined;
      this.#tell('recovered');
    }
  }

  /** Tells of an error; unheard it warns, as no outage of discovery may end a process. */
  protected complain(error: Error): void {
    if (this.closed) {
      return;
    }
    if (this.listenerCount('error') === 0) {
      process.emitWarning(error.message, error.name);
    } else {
      this.#tell('error', error);
    }
  }

  /** What a listener throws surfaces as uncaught exception, and not in whoever tells. */
  #tell<E extends keyof DiscoveryEvents>(event: E, ...args: DiscoveryEvents[E]): void {
    try {
      // The types of EventEmitter do not follow E through `args`.
      (this as EventEmitter).emit(event, ...args);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}
