import { once } from 'node:events';
import {
  type HostManager,
  MediasoupHorizontal,
  type MediasoupHorizontalOptions,
} from '@tureen/horizontal';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import { Daemon } from '../../support/Daemon.js';
import { mediaCodecs } from '../../support/media.js';

/**
 * Hosts are asked often, so that what is to be seen is seen soon; but a machine that stops for a
 * while loses none.
 */
export const quick = { healthInterval: 50, staleAfter: 20_000 } as const;

/** For hosts that hang: given up before their clients find out, which takes six seconds. */
export const impatient = { staleAfter: 4000 } as const;

export interface Hosts {
  horizontal: MediasoupHorizontal;
  mediasoup: types.Index;
  daemons: Daemon[];
  clients: RemoteMediasoupClient[];
  /** The index of the host that a worker is on, by the daemon's own word. */
  indexOf(worker: types.Worker): number;
  /** Starts another daemon, with a client that is not added yet. */
  another(args?: string[]): Promise<RemoteMediasoupClient>;
}

export interface HostsOptions extends MediasoupHorizontalOptions {
  count?: number;
  args?: string[];
}

/** Daemons that are told apart as hosts, as one mediasoup. All of it is gone with the test. */
export async function startHosts({
  count = 2,
  args = [],
  ...options
}: HostsOptions = {}): Promise<Hosts> {
  const daemons: Daemon[] = [];
  const clients: RemoteMediasoupClient[] = [];
  const another = async (more: string[] = args) => {
    const daemon = await Daemon.start(more);
    const client = new RemoteMediasoupClient(daemon.url);

    // What is to be seen of a lost host, the horizontal tells.
    client.on('error', () => undefined);
    daemons.push(daemon);
    clients.push(client);
    onTestFinished(async () => {
      const closed = once(client, 'close');

      client.close();
      await closed;
      daemon.process.kill('SIGCONT');
      await daemon.stop('SIGKILL');
    });
    await once(client, 'mediasoup');

    return client;
  };

  for (let index = 0; index < count; index += 1) {
    await another();
  }

  const horizontal = new MediasoupHorizontal(clients.slice(0, count), {
    placement: 'roundRobin',
    ...quick,
    hostOf: (manager) => ({
      id: `host ${clients.indexOf(manager as RemoteMediasoupClient)}`,
      pipeAddress: { ip: '127.0.0.1' },
    }),
    ...options,
  });

  // The first to be undone.
  onTestFinished(() => horizontal.close());
  await usable(horizontal, count);

  return {
    horizontal,
    mediasoup: horizontal.mediasoup as types.Index,
    daemons,
    clients,
    indexOf: (worker) =>
      horizontal.describe().hosts.findIndex(({ workers }) => workers.includes(worker.pid)),
    another,
  };
}

/** Waits until so many hosts can be given workers. */
export async function usable(horizontal: MediasoupHorizontal, count: number): Promise<void> {
  while (horizontal.describe().hosts.filter((host) => host.usable).length < count) {
    await once(horizontal.observer, 'hostusable');
  }
}

/** Waits until a host is given nothing any more, and gives the reason. */
export async function unusable(
  horizontal: MediasoupHorizontal,
  wanted: HostManager,
): Promise<string> {
  for (;;) {
    const [manager, reason] = (await once(horizontal.observer, 'hostunusable')) as [
      HostManager,
      string,
    ];

    if (manager === wanted) {
      return reason;
    }
  }
}

/** Two routers on two hosts. */
export async function twoRouters({ mediasoup }: Hosts): Promise<[types.Router, types.Router]> {
  const one = await mediasoup.createWorker();
  const two = await mediasoup.createWorker();

  return [await one.createRouter({ mediaCodecs }), await two.createRouter({ mediaCodecs })];
}
