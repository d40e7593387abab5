import { MediasoupHorizontal, type HostManager } from '@tureen/horizontal';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { exceptions } from '../../horizontal/exceptions.js';
import { usable } from '../../horizontal/support/hosts.js';
import type { Daemon } from '../Daemon.js';
import type { Mediasoup, Target } from '../targets.js';
import { closed } from './served.js';
import { startDaemon } from './ws.js';

export interface StartedHosts {
  horizontal: MediasoupHorizontal;
  daemons: readonly Daemon[];
  clients: readonly RemoteMediasoupClient[];
  stop(): Promise<void>;
}

/**
 * Daemons with a client each, as one mediasoup: workers go to one after the other. They are on this
 * machine, but told apart as hosts, so what passes between them does so as between machines.
 */
export async function startHosts(count: number): Promise<StartedHosts> {
  const daemons = await Promise.all(Array.from({ length: count }, () => startDaemon()));
  const clients = daemons.map(({ url }) => new RemoteMediasoupClient(url));
  const horizontal = new MediasoupHorizontal(clients, {
    placement: 'roundRobin',
    hostOf: (manager: HostManager) => ({
      id: `host ${clients.indexOf(manager as RemoteMediasoupClient)}`,
      pipeAddress: { ip: '127.0.0.1' },
    }),
  });
  const stop = async () => {
    horizontal.close();
    await Promise.all(clients.map(closed));
    await Promise.all(daemons.map((daemon) => daemon.stop()));
  };

  // All of them: the first test may want two hosts.
  await usable(horizontal, count);

  return { horizontal, daemons, clients, stop };
}

/** @param count - Daemons. */
export function horizontal(count: number): Target {
  return {
    name: `horizontal over ${count} daemons`,
    exceptions,
    start: async () => {
      const { horizontal, stop } = await startHosts(count);

      return { mediasoup: horizontal.mediasoup as Mediasoup, stop };
    },
  };
}
