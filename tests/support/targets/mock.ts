import { once } from 'node:events';
import { RemoteMediasoupClientMock } from '@tureen/remote-client/mock';
import type { Mediasoup, Target } from '../targets.js';

/** The stand-in for the client, on mediasoup in this process. */
export const mock: Target = {
  name: 'mock',
  ownObjects: true,
  start: async () => {
    const client = new RemoteMediasoupClientMock('ws://127.0.0.1:4600');

    await once(client, 'mediasoup');

    return {
      mediasoup: client.mediasoup as Mediasoup,
      stop: async () => {
        const closed = once(client, 'close');

        client.close();
        await closed;
      },
    };
  },
};
