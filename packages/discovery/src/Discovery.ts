import type { EventEmitter } from 'node:events';

/** How busy a host is, as numbers by name; what the names mean is up to who registers the host. */
export type HostLoad = Readonly<Record<string, number>>;

/** A media host that is there now, as far as is known. */
export interface DiscoveredHost {
  /** No other host has it at the same time. */
  readonly id: string;
  /** Where its daemon listens: `ws:` or `wss:`. */
  readonly url: string;
  /** Of two with the same id or URL, the one with the higher number started later. Redis only. */
  readonly epoch?: number;
  /** Such as `region`. Redis only. */
  readonly tags?: Readonly<Record<string, string>>;
  /** It takes no new workers. Redis only. */
  readonly draining?: boolean;
  /** Redis only. */
  readonly load?: HostLoad;
}

export interface DiscoveryEvents {
  /** All hosts, after anything of them has changed. */
  hosts: [hosts: readonly DiscoveredHost[]];
  /**
   * Once for each outage (a {@link DiscoveryOutageError}): what is known stays as it is until
   * 'recovered'. Or something else that does not stop discovery, such as a record that makes no
   * sense. Without a listener it becomes a warning of the process.
   */
  error: [error: Error];
  /** The outage is over. */
  recovered: [];
}

/** Knows which media hosts there are. */
export interface Discovery extends EventEmitter<DiscoveryEvents> {
  /** What is known; the last that was known, during an outage. */
  readonly hosts: readonly DiscoveredHost[];

  /** Why nothing new can be learned at the moment; undefined while all is well. */
  readonly outage: Error | undefined;

  /**
   * Begins. Resolves when the hosts are known for the first time, however long that takes; why it
   * takes long is told by 'error'.
   *
   * @throws DiscoveryClosedError if it is closed before.
   */
  start(): Promise<void>;

  /** Ends: no more events. Safe to call at any time, and twice. */
  close(): Promise<void>;
}
