import { once } from 'node:events';
import { MemoryLink } from '@tureen/protocol';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { RemoteServer } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import type { Mediasoup, Target } from '../targets.js';

/** Client and server in this process, with a link in memory between them. */
export const memory: Target = {
  name: 'memory',
  start: async () => {
    const server = new RemoteServer({ mediasoup });
    const client = new RemoteMediasoupClient(undefined, {
      dial: async () => {
        const [ours, theirs] = MemoryLink.pair();

        server.accept(theirs);

        return ours;
      },
    });

    await once(client, 'mediasoup');

    return {
      mediasoup: client.mediasoup as Mediasoup,
      stop: async () => {
        const closed = once(client, 'close');

        client.close();
        await closed;
        await server.close();
      },
    };
  },
};
