import type { HostIdentity, ManagerStats, MediasoupModule } from '@tureen/manager';
import type { AwakeClock } from './AwakeClock.js';
import { HostLoad } from './HostLoad.js';
import type { HostManager } from './HostManager.js';
import { HostWorkers } from './HostWorkers.js';
import type { HostCandidate } from './placement/types.js';
import { soundStats } from './soundStats.js';

export interface HostOptions {
  /** In place of what its stats tell. */
  identity: Partial<HostIdentity>;
  /** Its identity if nobody tells one. */
  fallbackId: string;
  /** Milliseconds. */
  staleAfter: number;
  clock: AwakeClock;
  /** Something changed that may make it usable, or not usable any more. */
  onChange(): void;
  /** mediasoup is there, for the first time or again. */
  onMediasoup(): void;
}

const connected = 4;

/** One of the hosts, with what is known of it and what it was given. */
export class Host {
  /** Those that it was given from here. */
  readonly workers: HostWorkers;
  readonly load = new HostLoad();
  /** Why it must not be used although it is well; undefined if nothing speaks against it. */
  refusal: string | undefined;
  #draining = false;
  #stats: ManagerStats | undefined;
  #answeredAt: number | undefined;
  /** The question that is under way. */
  #asking: { since: number } | undefined;
  /** Another one when its session may be another one: answers of before are not about it. */
  #session = {};
  #following = false;
  readonly #onMediasoup = () => this.#mediasoupChanged();
  readonly #onConnection = () => this.options.onChange();

  constructor(
    readonly manager: HostManager,
    private readonly options: HostOptions,
    /** The same manager's from before it was taken out: its workers are still there. */
    before?: Host,
  ) {
    this.workers = before?.workers ?? new HostWorkers();
  }

  get mediasoup(): MediasoupModule | undefined {
    return this.manager.mediasoup;
  }

  get identity(): HostIdentity {
    const { identity, fallbackId } = this.options;
    const told = this.#stats?.host;

    // By its id it is told apart: to leave that open is not to say that it has none.
    return { ...told, ...identity, id: identity.id ?? told?.id ?? fallbackId };
  }

  /** What it answered last. */
  get stats(): ManagerStats | undefined {
    return this.#stats;
  }

  /** It was told here to take no more workers, or says so itself. */
  get draining(): boolean {
    return this.#draining || this.#stats?.draining === true;
  }

  set draining(draining: boolean) {
    this.#draining = draining;
  }

  /** Why it cannot be given a worker now; undefined if it can. */
  get unusable(): string | undefined {
    const { readyState } = this.manager;

    if (!this.mediasoup || (readyState !== undefined && readyState !== connected)) {
      return 'not connected';
    }
    if (this.refusal) {
      return this.refusal;
    }
    if (this.#answeredAt === undefined) {
      return 'has not answered yet';
    }
    if (this.options.clock.now() - this.#answeredAt > this.options.staleAfter) {
      return `has not answered for ${this.options.staleAfter} ms`;
    }

    return this.draining ? 'draining' : undefined;
  }

  get candidate(): HostCandidate {
    const { cpus, cpu, network, reserved } = this.load;

    return {
      manager: this.manager,
      host: this.identity,
      ...{ cpus, cpu, network, reserved },
      workers: Math.max(this.workers.size, this.#stats?.workers?.length ?? 0),
    };
  }

  /**
   * Asks for its stats, unless they are still to come; those that do not come within `staleAfter`
   * are not waited for. Never rejects.
   */
  async ask(): Promise<void> {
    const now = this.options.clock.now();

    if (!this.mediasoup || (this.#asking && now - this.#asking.since < this.options.staleAfter)) {
      return;
    }

    const question = { since: now };
    const session = this.#session;

    this.#asking = question;
    try {
      const stats = soundStats(await this.manager.getStats());

      if (this.#session === session) {
        this.#answeredAt = this.options.clock.now();
        this.#stats = stats;
        this.load.take(stats);
      }
    } catch {
      // That it did not answer is what is to be known.
    } finally {
      if (this.#asking === question) {
        this.#asking = undefined;
        this.options.onChange();
      }
    }
  }

  /** Looks after it from now on. */
  follow(): void {
    if (!this.#following) {
      this.#following = true;
      this.manager.on?.('mediasoup', this.#onMediasoup);
      this.manager.on?.('connected', this.#onConnection);
      this.manager.on?.('disconnected', this.#onConnection);
    }
  }

  /** Looks after it no longer. What it was given stays. */
  unfollow(): void {
    this.#following = false;
    this.manager.off?.('mediasoup', this.#onMediasoup);
    this.manager.off?.('connected', this.#onConnection);
    this.manager.off?.('disconnected', this.#onConnection);
  }

  #mediasoupChanged(): void {
    // Whatever it answered before, another one may be there now.
    this.#answeredAt = undefined;
    this.#asking = undefined;
    this.#session = {};
    this.options.onChange();
    if (this.mediasoup) {
      this.options.onMediasoup();
      void this.ask();
    }
  }
}
