import { EventEmitter } from 'node:events';
import type { HostIdentity, ManagerEvents } from '@tureen/manager';
import type { Host } from './Host.js';
import type { HostManager } from './HostManager.js';
import { Hosts } from './Hosts.js';
import type { ResolvedOptions } from './options.js';

/** The part of it that is like a Set: hosts come and go at run time. */
export abstract class HostSet extends EventEmitter<ManagerEvents> implements Iterable<HostManager> {
  protected readonly hosts: Hosts;
  /** Taken out, with workers that are still there. */
  protected readonly leaving = new Map<HostManager, Host>();

  constructor(options: ResolvedOptions) {
    super();
    this.hosts = new Hosts(options, {
      hostChanged: (host, reason) => this.hostChanged(host, reason),
      changed: () => this.update(),
      error: (error) => this.tellError(error),
    });
  }

  get size(): number {
    return this.hosts.all.length;
  }

  /**
   * Uses another host from now on, as soon as it answers; one that had been taken out, whether it was
   * drained or not, too. One that is there already stays as it is.
   *
   * @param identity - Who it is, in place of what its stats tell.
   * @throws TypeError for what is no manager.
   */
  add(manager: HostManager, identity?: Partial<HostIdentity>): this {
    if (typeof manager !== 'object' || manager === null || typeof manager.getStats !== 'function') {
      throw new TypeError('a host must be a manager, or { mediasoup, getStats }');
    }
    if (!this.hosts.find(manager)) {
      this.hosts.add(manager, identity, this.leaving.get(manager));
      this.leaving.delete(manager);
    }

    return this;
  }

  /**
   * Gives a host no more workers. Those that it has stay, and so do their pipes, until the
   * application closes them; the manager is not closed.
   *
   * @returns Whether it was there.
   */
  delete(manager: HostManager): boolean {
    const host = this.hosts.delete(manager);

    if (!host) {
      return false;
    }
    if (host.workers.size > 0) {
      this.leaving.set(manager, host);
    }
    this.update();

    return true;
  }

  /** As {@link delete}, for all. */
  clear(): void {
    for (const manager of this) {
      this.delete(manager);
    }
  }

  has(manager: HostManager): boolean {
    return this.hosts.find(manager) !== undefined;
  }

  forEach(callback: (manager: HostManager, again: HostManager, horizontal: this) => void): void {
    for (const manager of this) {
      callback(manager, manager, this);
    }
  }

  values(): IterableIterator<HostManager> {
    return this.hosts.all.map(({ manager }) => manager).values();
  }

  keys(): IterableIterator<HostManager> {
    return this.values();
  }

  entries(): IterableIterator<[HostManager, HostManager]> {
    return this.hosts.all
      .map(({ manager }): [HostManager, HostManager] => [manager, manager])
      .values();
  }

  [Symbol.iterator](): IterableIterator<HostManager> {
    return this.values();
  }

  /**
   * Gives a host no more workers but keeps it, so that {@link undrain} can take that back.
   *
   * @returns Resolves when none of our workers is left on it, be it still here or not.
   */
  async drain(manager: HostManager): Promise<void> {
    const host = this.hosts.find(manager) ?? this.leaving.get(manager);

    if (host) {
      host.draining = true;
      this.update();
      await host.workers.whenEmpty();
    }
  }

  /** Gives a host workers again. */
  undrain(manager: HostManager): void {
    const host = this.hosts.find(manager);

    if (host) {
      host.draining = false;
      void host.ask();
    }
  }

  /** Who is to keep a worker that was made on a host: that can be taken out, or be back, by now. */
  protected keeperOf(host: Host): Host {
    const { manager } = host;
    const keeper = this.hosts.find(manager) ?? this.leaving.get(manager) ?? host;

    if (!this.hosts.find(manager)) {
      this.leaving.set(manager, keeper);
    }

    return keeper;
  }

  /** The hosts are not those of before. */
  protected abstract update(): void;

  protected abstract hostChanged(host: Host, reason: string | undefined): void;

  protected abstract tellError(error: Error): void;
}
