import type { ManagerStats, WorkerStats } from '@tureen/manager';
import type { ServerTopology, WorkerTopology } from '@tureen/protocol';
import { Cached } from './Cached.js';
import { HostLoad } from './HostLoad.js';
import type { Session } from './Session.js';
import { version } from './version.js';

/** What there is to tell of what is served, besides the sessions that use it. */
export interface ServedDescription extends Pick<
  ServerTopology,
  'serves' | 'vertical' | 'host' | 'load' | 'behind' | 'upstreams'
> {
  /** Usage of the workers, where they run on this host. */
  measured?: readonly WorkerStats[];
}

export interface DescribeOptions {
  /** Milliseconds that servers behind this one have to answer. */
  timeout: number;
}

export interface TopologistOptions {
  /** Version. */
  mediasoup: string;
  describe(options: DescribeOptions): Promise<ServedDescription>;
  sessions(): readonly Session[];
  draining(): boolean;
}

const defaultTimeout = 4000;
/** Milliseconds. Whoever asks more often gets what was told last: it is a lot to count. */
const lifetime = 500;

/** Tells what a server serves, in figures. */
export class Topologist {
  readonly #options: TopologistOptions;
  readonly #numbers = new WeakMap<Session, number>();
  readonly #cached = new Cached((timeout: number) => this.#ask(timeout), lifetime);
  #lastNumber = 0;

  constructor(options: TopologistOptions) {
    this.#options = options;
  }

  /**
   * @param timeout - Milliseconds that servers behind this one have to answer.
   * @param asking - The session that asks, to be marked.
   */
  async get(timeout: unknown = defaultTimeout, asking?: Session): Promise<ServerTopology> {
    if (typeof timeout !== 'number' || !(timeout >= 100 && timeout <= 60_000)) {
      throw new TypeError('timeout must be a number of milliseconds from 100 to 60000');
    }

    const topology = await this.#cached.get(timeout);
    const number = asking && this.#numberOf(asking);

    return {
      ...topology,
      sessions: topology.sessions.map((session) =>
        session.session === number ? { ...session, asking: true } : session,
      ),
    };
  }

  async #ask(timeout: number): Promise<ServerTopology> {
    const { mediasoup, describe, sessions, draining } = this.#options;
    const { measured = [], ...description } = await describe({ timeout });
    const each = sessions().map((session) => session.topology(this.#numberOf(session)));
    const usage = new Map(measured.map((worker) => [worker.pid, worker]));

    return {
      server: version,
      mediasoup,
      draining: draining(),
      uptime: Math.round(process.uptime()),
      ...description,
      sessions: each.map(({ session }) => session),
      workers: each.flatMap(({ workers }) => workers).map((worker) => withUsage(worker, usage)),
    };
  }

  #numberOf(session: Session): number {
    const number = this.#numbers.get(session) ?? (this.#lastNumber += 1);

    this.#numbers.set(session, number);

    return number;
  }
}

function withUsage(
  worker: WorkerTopology,
  usage: ReadonlyMap<number, WorkerStats>,
): WorkerTopology {
  const measured = usage.get(worker.pid);

  return measured ? { ...worker, cpu: measured.cpu, memory: measured.memory } : worker;
}

/** What a server tells whose workers run on this host. */
export function localDescription(
  getStats: () => Promise<ManagerStats>,
): () => Promise<ServedDescription> {
  const load = new HostLoad();

  return async () => {
    const stats = await getStats();

    return {
      serves: 'local',
      vertical: false,
      host: stats.host && {
        id: stats.host.id,
        ...(stats.host.tags && { tags: stats.host.tags }),
        ...(stats.host.pipeAddress && { pipeAddress: stats.host.pipeAddress.ip }),
      },
      load: load.read(stats),
      measured: stats.workers,
    };
  };
}
