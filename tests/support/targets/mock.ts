import { RemoteMediasoupClientMock } from '@tureen/remote-client/mock';
import type { Target } from '../targets.js';
import { served } from './served.js';

/** The stand-in for the client, on mediasoup in this process. */
export const mock: Target = {
  name: 'mock',
  ownObjects: true,
  start: () => served(new RemoteMediasoupClientMock('ws://127.0.0.1:4600')),
};
