import type { MediasoupModule } from '@tureen/manager';
import type { types } from 'mediasoup';
import { NoHostError } from './errors.js';
import type { Host } from './Host.js';
import type { Hosts } from './Hosts.js';
import { LateWorker } from './LateWorker.js';
import type { HostPlacementPolicy } from './placement/types.js';
import { leastLoaded } from './placement/policies.js';

/** A host was lost while a worker was being made there. Applications see it only if none is left. */
export class HostLostError extends Error {
  override readonly name = 'HostLostError';
}

type Settings<A extends types.AppData> = types.WorkerSettings<A> | undefined;

/** Whoever wants a worker. */
export interface WorkerOwner {
  /** @throws if none is wanted any more. */
  assertWanted(): void;
  /** What it throws is told, and the worker is made nowhere else. */
  made(worker: types.Worker, host: Host): void;
}

/** Milliseconds between looks at a host that is to make a worker. */
const lookInterval = 250;

/** Makes workers on the host that the policy names, or on another if it fails there. */
export class WorkerMaker {
  readonly #fallback = leastLoaded();

  constructor(
    private readonly hosts: Hosts,
    private readonly placement: HostPlacementPolicy,
  ) {}

  /**
   * @throws NoHostError if no host can be given it, mediasoup's TypeError or UnsupportedError for
   *   settings that are wrong anywhere, what the last host said, or what the owner throws.
   */
  async make<A extends types.AppData>(
    settings: Settings<A>,
    owner: WorkerOwner,
  ): Promise<types.Worker<A>> {
    const tried = new Set<Host>();
    let failure: unknown;

    for (;;) {
      owner.assertWanted();

      const host = this.#place(settings, tried, failure);
      const release = host.load.reserve();
      let worker: types.Worker<A>;

      tried.add(host);
      try {
        worker = await this.#makeOn(host, settings);
      } catch (error) {
        release();
        if (isAboutSettings(error, host.mediasoup ?? this.hosts.reference)) {
          throw error;
        }
        failure = error;
        continue;
      }
      try {
        owner.made(worker as unknown as types.Worker, host);
      } catch (error) {
        release();
        throw error;
      }

      return worker;
    }
  }

  #place(settings: Settings<types.AppData>, tried: ReadonlySet<Host>, failure: unknown): Host {
    const hosts = this.hosts.usable.filter((host) => !tried.has(host));

    if (hosts.length === 0) {
      throw failure ?? new NoHostError(`no host can be given a worker: ${this.#whyNone()}`);
    }

    const candidates = hosts.map(({ candidate }) => candidate);
    const request = { appData: settings?.appData ?? {} };
    const chosen = this.placement(request, candidates);

    if (chosen === null) {
      throw failure ?? new NoHostError('the placement policy refuses each host for this worker');
    }

    return hosts[chosen ?? -1] ?? hosts[this.#fallback(request, candidates) as number]!;
  }

  #whyNone(): string {
    const hosts = this.hosts.all.map(({ identity, unusable }) => `${identity.id} (${unusable})`);

    return hosts.length > 0 ? hosts.join(', ') : 'there is none';
  }

  async #makeOn<A extends types.AppData>(
    host: Host,
    settings: Settings<A>,
  ): Promise<types.Worker<A>> {
    const { mediasoup } = host;

    if (!mediasoup) {
      throw new HostLostError(`host ${host.identity.id} is not connected`);
    }

    // An object of its own, if there is none: by it the worker is known.
    const appData = settings?.appData ?? ({} as A);
    const late = new LateWorker(mediasoup, appData);
    const lost = whenLost(host, mediasoup);

    try {
      const worker = await Promise.race([
        mediasoup.createWorker({ ...settings, appData }),
        lost.promise,
      ]);

      late.claim(worker as unknown as types.Worker);

      return worker;
    } catch (error) {
      if (isAboutSettings(error, mediasoup)) {
        late.forget();
      } else {
        late.abandon();
      }
      throw error;
    } finally {
      lost.stop();
    }
  }
}

/** Rejects if a host stops answering, so that a worker can be made elsewhere. */
function whenLost(
  host: Host,
  mediasoup: MediasoupModule,
): { promise: Promise<never>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      const reason = host.draining ? undefined : host.unusable;

      if (reason || host.mediasoup !== mediasoup) {
        reject(new HostLostError(`host ${host.identity.id} was lost: ${reason ?? 'new session'}`));
      }
    }, lookInterval);
  });

  return { promise, stop: () => clearInterval(timer) };
}

function isAboutSettings(error: unknown, mediasoup: MediasoupModule | undefined): boolean {
  return (
    error instanceof TypeError ||
    (mediasoup !== undefined && error instanceof mediasoup.errors.UnsupportedError)
  );
}
