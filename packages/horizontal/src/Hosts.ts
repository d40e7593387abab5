import type { HostIdentity, MediasoupModule } from '@tureen/manager';
import { AwakeClock } from './AwakeClock.js';
import { incompatibility } from './compatibility.js';
import { IncompatibleHostError } from './errors.js';
import { Host } from './Host.js';
import type { HostManager } from './HostManager.js';
import type { ResolvedOptions } from './options.js';

export interface HostsListener {
  /** A host became usable, or is so no longer; `reason` says why. */
  hostChanged(host: Host, reason: string | undefined): void;
  /** Something may be different. */
  changed(): void;
  error(error: Error): void;
}

/** The hosts that there are at the moment, in the order in which they were added. */
export class Hosts {
  readonly #hosts = new Map<HostManager, Host>();
  readonly #unusable = new Map<Host, string | undefined>();
  #reference: MediasoupModule | undefined;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #clock: AwakeClock;

  constructor(
    private readonly options: ResolvedOptions,
    private readonly listener: HostsListener,
  ) {
    this.#clock = new AwakeClock(options.healthInterval);
  }

  get all(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  /** Those that can be given a worker now. */
  get usable(): readonly Host[] {
    return this.all.filter(({ unusable }) => unusable === undefined);
  }

  /** Whether one of them is so. Looks at no more than it must: with many hosts this is asked often. */
  some(isSo: (host: Host) => boolean): boolean {
    for (const host of this.#hosts.values()) {
      if (isSo(host)) {
        return true;
      }
    }

    return false;
  }

  /** The mediasoup that all must agree with: that of the first host. */
  get reference(): MediasoupModule | undefined {
    return this.#reference;
  }

  find(manager: HostManager): Host | undefined {
    return this.#hosts.get(manager);
  }

  /** @param before - The same manager's from before it was taken out. */
  add(
    manager: HostManager,
    identity: Partial<HostIdentity> | undefined,
    before: Host | undefined,
  ): void {
    this.#count += 1;

    const host: Host = new Host(
      manager,
      {
        identity: { ...this.options.hostOf(manager), ...identity },
        fallbackId: `host-${this.#count}`,
        staleAfter: this.options.staleAfter,
        clock: this.#clock,
        onChange: () => this.#check(host),
        onMediasoup: () => this.#compare(host),
      },
      before,
    );

    this.#hosts.set(manager, host);
    this.#unusable.set(host, 'new');
    if (this.#timer) {
      this.#begin(host);
    }
  }

  delete(manager: HostManager): Host | undefined {
    const host = this.#hosts.get(manager);

    if (host) {
      this.#hosts.delete(manager);
      this.#unusable.delete(host);
      host.unfollow();
    }

    return host;
  }

  /** Goes on after {@link stop}, too. */
  start(): void {
    this.#timer = setInterval(
      () => this.all.forEach((host) => this.#look(host)),
      this.options.healthInterval,
    );
    this.#timer.unref();
    this.all.forEach((host) => this.#begin(host));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.all.forEach((host) => host.unfollow());
  }

  #begin(host: Host): void {
    host.follow();
    if (host.mediasoup) {
      this.#compare(host);
    }
    void host.ask();
  }

  #look(host: Host): void {
    if (host.refusal) {
      this.#compare(host);
    }
    this.#check(host);
    void host.ask();
  }

  /** Whether it may be used beside the others. */
  #compare(host: Host): void {
    const { mediasoup } = host;

    if (!mediasoup) {
      return;
    }
    this.#reference ??= mediasoup;

    const before = host.refusal;

    host.refusal = incompatibility(this.#reference, mediasoup);
    if (host.refusal && !this.some((other) => other.mediasoup !== undefined && !other.refusal)) {
      // Nobody is left who would have to agree with it.
      this.#reference = mediasoup;
      host.refusal = undefined;
    }
    if (host.refusal && !before) {
      this.listener.error(
        new IncompatibleHostError(`host ${host.identity.id} is not used: ${host.refusal}`),
      );
    }
  }

  #check(host: Host): void {
    if (!this.#unusable.has(host) || !this.#timer) {
      return;
    }

    const reason = host.unusable;
    const before = this.#unusable.get(host);

    this.#unusable.set(host, reason);
    if ((reason === undefined) !== (before === undefined)) {
      this.listener.hostChanged(host, reason);
    } else {
      this.listener.changed();
    }
  }
}
