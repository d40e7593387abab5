import { getStatsFactory, type HostIdentity, type ManagerStats } from '@tureen/manager';
import type { types } from 'mediasoup';
import { Cached } from './Cached.js';

/** Milliseconds. Workers are asked no more often, however many clients ask this server. */
const lifetime = 1000;

export interface OwnStatsOptions {
  /** Default: not told. */
  host?: HostIdentity;
  /** Bits per second that this host can send. Default: what its interfaces say. */
  capacity?: number;
}

/** Usage of this host, of this process, and of the mediasoup workers that it has. */
export class OwnStats {
  readonly #source: ReturnType<typeof getStatsFactory>;
  readonly #cached: Cached<ManagerStats>;

  constructor(mediasoup: Pick<types.Index, 'observer'>, { host, capacity }: OwnStatsOptions = {}) {
    this.#source = getStatsFactory(mediasoup);
    this.#cached = new Cached(async () => {
      const stats = await this.#source.getStats();
      const { os } = stats;

      return {
        ...stats,
        ...(host && { host }),
        os: capacity && os.network ? { ...os, network: { ...os.network, capacity } } : os,
      };
    }, lifetime);
  }

  get(): Promise<ManagerStats> {
    return this.#cached.get();
  }

  close(): void {
    this.#source.close();
  }
}
