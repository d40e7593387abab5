// Daemons that count as hosts of their own, as one mediasoup.
import { once } from 'node:events';
import { MediasoupHorizontal } from '@tureen/horizontal';
import { connect, disconnect } from '../lib/connect.mjs';
import { startDaemon, stop } from '../lib/processes.mjs';
import { Proxy } from '../lib/Proxy.mjs';

/** @param {{ count?: number, delay?: number }} [options] delay: milliseconds each way to each host */
export async function openHosts({ count = 2, delay = 0 } = {}) {
  const hosts = [];
  for (let index = 0; index < count; index += 1) hosts.push(await openHost(delay));
  const clients = hosts.map(({ client }) => client);
  const horizontal = new MediasoupHorizontal(clients, {
    placement: 'roundRobin',
    hostOf: (manager) => ({
      id: `host ${clients.indexOf(manager)}`,
      pipeAddress: { ip: '127.0.0.1' },
    }),
  });
  const usable = () => horizontal.describe().hosts.filter((host) => host.usable).length;
  while (usable() < count) await once(horizontal.observer, 'hostusable');
  return {
    clients,
    horizontal,
    close: async () => {
      horizontal.close();
      for (const host of hosts) await host.close();
    },
  };
}

async function openHost(delay) {
  const daemon = await startDaemon();
  const proxy = delay > 0 ? await Proxy.start(daemon.url, { delay }) : undefined;
  const client = await connect((proxy ?? daemon).url);
  return {
    client,
    close: async () => {
      await disconnect(client);
      proxy?.close();
      await stop(daemon);
    },
  };
}
