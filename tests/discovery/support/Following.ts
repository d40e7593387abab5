import {
  followDiscovery,
  redisHosts,
  type DiscoveredHost,
  type RegistrationOptions,
} from '@tureen/discovery';
import { MediasoupHorizontal, type HostManager } from '@tureen/horizontal';
import { RemoteMediasoupClient, type Mediasoup } from '@tureen/remote-client';
import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import { Daemon } from '../../support/Daemon.js';
import { until } from '../../support/events.js';
import { RedisServer } from './RedisServer.js';
import { registered, short, type Registered } from './registering.js';

/** A real application: a horizontal over the daemons that are registered in a real Redis. */
export class Following {
  /** What the follower told: event and id of the host. */
  readonly events: string[] = [];
  readonly errors: Error[] = [];
  readonly discovery;
  readonly follower;
  readonly horizontal = new MediasoupHorizontal([], {
    placement: 'roundRobin',
    healthInterval: 100,
  });
  readonly #ids = new Map<HostManager, string>();
  /** Called for each manager that is to be made: `false` leaves the host out. */
  onCreate: (host: DiscoveredHost) => boolean = () => true;

  constructor(readonly redis: RedisServer) {
    this.discovery = redisHosts(redis.url, { timeout: short.timeout });
    this.discovery.on('error', (error) => this.errors.push(error));
    this.follower = followDiscovery(this.horizontal, this.discovery, (host) => {
      return this.onCreate(host) ? new RemoteMediasoupClient(host.url) : undefined;
    });
    for (const event of ['added', 'leaving', 'returned', 'closed'] as const) {
      this.follower.on(event, (_manager, { id }) => this.events.push(`${event} ${id}`));
    }
    this.follower.on('added', (manager, { id }) => this.#ids.set(manager, id));
    this.follower.on('error', (error) => this.errors.push(error));
    onTestFinished(async () => {
      this.horizontal.close();
      this.follower.close();
      await this.discovery.close();
    });
  }

  /** With daemons of these ids, all of which can be used. */
  static async start(...ids: string[]): Promise<Following & { hosts: Record<string, HostOfTest> }> {
    const redis = await RedisServer.start();
    const started = await Promise.all(ids.map((id) => startHost(redis, id)));
    const following = new Following(redis);

    await following.discovery.start();
    await following.usable(...ids);

    return Object.assign(following, {
      hosts: Object.fromEntries(started.map((host) => [host.id, host])),
    });
  }

  async told(event: string, times = 1): Promise<void> {
    await until(
      `${event} (${this.events.join()})`,
      () => this.events.filter((name) => name === event).length >= times,
    );
  }

  /** Resolves when these can be given workers, and no others. */
  async usable(...ids: string[]): Promise<void> {
    const usable = () =>
      this.#described()
        .filter(({ usable: isUsable }) => isUsable)
        .map(({ id }) => id);

    await until(`usable: ${ids.join()}`, () => usable().sort().join() === ids.join());
  }

  createWorker(): Promise<types.Worker> {
    return (this.horizontal.mediasoup as Mediasoup).createWorker();
  }

  /** A worker on each host, by its id. */
  async workers(...ids: string[]): Promise<Record<string, types.Worker>> {
    const workers = await Promise.all(ids.map(() => this.createWorker()));

    return Object.fromEntries(workers.map((worker) => [this.hostOf(worker), worker]));
  }

  /** The id of the host that it is on. */
  hostOf({ pid }: types.Worker): string | undefined {
    return this.#described().find(({ workers }) => workers.includes(pid))?.id;
  }

  /** With the ids under which they are registered. */
  #described() {
    const managers = [...this.horizontal];

    return this.horizontal.describe().hosts.map(({ usable, workers }, index) => ({
      id: this.#ids.get(managers[index] as HostManager) as string,
      usable,
      workers,
    }));
  }
}

export interface HostOfTest extends Registered {
  id: string;
  daemon: Daemon;
}

/** A real daemon; the test registers it. */
export async function startHost(
  redis: RedisServer,
  id: string,
  more: Partial<RegistrationOptions> = {},
): Promise<HostOfTest> {
  const daemon = await Daemon.start();

  onTestFinished(() => daemon.stop('SIGKILL').then(() => undefined));

  return { id, daemon, ...(await registered(redis.url, id, { url: daemon.url, ...more })) };
}
