import { EventEmitter } from 'node:events';
import type { DiscoveredHost, Discovery } from './Discovery.js';
import { hostUrl } from './hostUrl.js';

/** What is needed of a Manager. */
export interface FollowedManager {
  on(event: string, listener: (...args: never[]) => void): unknown;
  close(): void;
}

/** What is needed of a MediasoupHorizontal. */
export interface HostSet<M> {
  add(manager: M): unknown;
  delete(manager: M): unknown;
  /** No new workers there. Resolves when none of ours is left there. */
  drain(manager: M): Promise<unknown>;
  undrain(manager: M): void;
}

export interface FollowerEvents<M> {
  added: [manager: M, host: DiscoveredHost];
  /** It takes no new workers any more; those that it has go on. */
  leaving: [manager: M, host: DiscoveredHost];
  /** It is there again, and its manager had not been closed yet. */
  returned: [manager: M, host: DiscoveredHost];
  /** Taken out: none of our workers was left there, or its session had ended. */
  closed: [manager: M, host: DiscoveredHost];
  /** A manager could not be made or drained, or has an error of its own. */
  error: [error: Error, host: DiscoveredHost];
}

interface Entry<M> {
  manager: M;
  host: DiscoveredHost;
  draining: boolean;
  /** While it leaves: made anew each time, so that a return in between is noticed. */
  departure: object | undefined;
}

/** Keeps the managers of a MediasoupHorizontal those of the hosts that a Discovery knows. */
export class DiscoveryFollower<M extends FollowedManager> extends EventEmitter<FollowerEvents<M>> {
  readonly #set: HostSet<M>;
  readonly #discovery: Discovery;
  readonly #createManager: (host: DiscoveredHost) => M | undefined;
  /** By URL: whatever a host calls itself now, behind one address there is one daemon. */
  readonly #entries = new Map<string, Entry<M>>();
  /** URLs whose manager could not be made: told once. */
  readonly #failed = new Set<string>();
  readonly #follow = (hosts: readonly DiscoveredHost[]): void => this.#update(hosts);

  constructor(
    set: HostSet<M>,
    discovery: Discovery,
    createManager: (host: DiscoveredHost) => M | undefined,
  ) {
    super();
    this.#set = set;
    this.#discovery = discovery;
    this.#createManager = createManager;
    discovery.on('hosts', this.#follow);
    this.#update(discovery.hosts);
  }

  /** Those that are there, and those that are leaving. */
  get managers(): readonly M[] {
    return [...this.#entries.values()].map(({ manager }) => manager);
  }

  /**
   * Ends: takes out and closes all managers that it made, whatever is on them. Close what uses them
   * first. The discovery goes on.
   */
  close(): void {
    this.#discovery.off('hosts', this.#follow);
    for (const [url, entry] of this.#entries) {
      this.#close(url, entry);
    }
  }

  #update(hosts: readonly DiscoveredHost[]): void {
    const wanted = newestByUrl(hosts);

    for (const [url, entry] of this.#entries) {
      if (!wanted.has(url) && !entry.departure) {
        this.#leave(url, entry);
      }
    }
    for (const [url, host] of wanted) {
      const entry = this.#entries.get(url) ?? this.#add(url, host);

      if (entry) {
        entry.host = host;
        this.#comeBack(entry);
        this.#setDraining(entry, host.draining ?? false);
      }
    }
    for (const url of this.#failed) {
      if (!wanted.has(url)) {
        this.#failed.delete(url);
      }
    }
  }

  #add(url: string, host: DiscoveredHost): Entry<M> | undefined {
    let manager: M | undefined;

    try {
      manager = this.#createManager(host);
    } catch (error) {
      if (!this.#failed.has(url)) {
        this.#failed.add(url);
        this.#complain(error as Error, host);
      }

      return undefined;
    }
    if (!manager) {
      return undefined;
    }

    const entry: Entry<M> = {
      manager,
      host,
      draining: false,
      departure: undefined,
    };

    this.#failed.delete(url);
    this.#entries.set(url, entry);
    this.#listen(entry);
    this.#set.add(manager);
    this.emit('added', manager, host);

    return entry;
  }

  #listen(entry: Entry<M>): void {
    // Unheard it would end the process, and the last may come after it was closed.
    const onError = (error: Error): void => {
      if (this.listenerCount('error') > 0) {
        this.emit('error', error, entry.host);
      }
    };

    entry.manager.on('error', onError);
  }

  /**
   * It stays in the set while it has workers: what is taken out would be forgotten there. Without a
   * session it has none.
   */
  #leave(url: string, entry: Entry<M>): void {
    const { manager, host } = entry;
    const departure = {};

    entry.departure = departure;
    this.#drain(entry, () => {
      if (entry.departure === departure) {
        this.#close(url, entry);
      }
    });
    this.emit('leaving', manager, host);
  }

  #comeBack(entry: Entry<M>): void {
    if (entry.departure) {
      entry.departure = undefined;
      entry.draining = false;
      this.#set.undrain(entry.manager);
      this.emit('returned', entry.manager, entry.host);
    }
  }

  #setDraining(entry: Entry<M>, draining: boolean): void {
    if (entry.draining === draining) {
      return;
    }
    entry.draining = draining;
    if (draining) {
      this.#drain(entry, () => undefined);
    } else {
      this.#set.undrain(entry.manager);
    }
  }

  #drain({ manager, host }: Entry<M>, done: () => void): void {
    this.#set
      .drain(manager)
      .then(done)
      .catch((error: unknown) => this.#complain(error as Error, host));
  }

  #close(url: string, entry: Entry<M>): void {
    if (this.#entries.get(url) !== entry) {
      return;
    }
    this.#entries.delete(url);
    this.#set.delete(entry.manager);
    entry.manager.close();
    this.emit('closed', entry.manager, entry.host);
  }

  #complain(error: Error, host: DiscoveredHost): void {
    if (this.listenerCount('error') === 0) {
      process.emitWarning(`host ${host.url}: ${error.message}`, error.name);
    } else {
      this.emit('error', error, host);
    }
  }
}

function newestByUrl(hosts: readonly DiscoveredHost[]): Map<string, DiscoveredHost> {
  const byUrl = new Map<string, DiscoveredHost>();

  for (const host of hosts) {
    const url = hostUrl(host.url);
    const other = byUrl.get(url);

    if (!other || (other.epoch ?? 0) < (host.epoch ?? 0)) {
      byUrl.set(url, host);
    }
  }

  return byUrl;
}

/**
 * Keeps the hosts of a MediasoupHorizontal those that a discovery knows, from now on until it is
 * closed: a manager for each new one; a host that is draining gets no new workers; one that is lost
 * gets none either, and its manager is closed when none of ours is left there, or when its session
 * ends. An outage of the discovery changes nothing.
 *
 * ```ts
 * const discovery = redisHosts('redis://redis.example.com').on('error', console.error);
 * const horizontal = new MediasoupHorizontal();
 * followDiscovery(horizontal, discovery, ({ url }) => new RemoteMediasoupClient(url, { token }));
 * await discovery.start();
 * ```
 *
 * @param createManager - Makes the manager of a host, or gives undefined for one that is not to be
 *   used; then it is asked again when the hosts change. Two hosts with one URL are one.
 */
export function followDiscovery<S, M extends FollowedManager>(
  horizontal: HostSet<S>,
  discovery: Discovery,
  createManager: (host: DiscoveredHost) => (M & S) | undefined,
): DiscoveryFollower<M & S> {
  return new DiscoveryFollower<M & S>(horizontal, discovery, createManager);
}
