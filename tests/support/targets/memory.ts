import { MemoryLink } from '@tureen/protocol';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { RemoteServer } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import type { Target } from '../targets.js';
import { served } from './served.js';

/** A client of a server in this process, with a link in memory between them. */
export function memoryClient(server: RemoteServer): RemoteMediasoupClient {
  return new RemoteMediasoupClient(undefined, {
    dial: async () => {
      const [ours, theirs] = MemoryLink.pair();

      server.accept(theirs);

      return ours;
    },
  });
}

/** Client and server in this process. */
export const memory: Target = {
  name: 'memory',
  start: async () => {
    const server = new RemoteServer({ mediasoup });

    return served(memoryClient(server), () => server.close());
  },
};
