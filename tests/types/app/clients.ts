/* The application with the objects of clients, in the place of the module. */
import { once } from 'node:events';
import {
  RemoteMediasoupClient,
  type Manager,
  type Mediasoup,
  type MediasoupModule,
  type RemoteMediasoupClientOptions,
} from '@tureen/remote-client';
import { RemoteMediasoupClientMock } from '@tureen/remote-client/mock';
import type * as mediasoupModule from 'mediasoup';
import type { types } from 'mediasoup';
import { open, type Room } from './room.js';

const options: RemoteMediasoupClientOptions = { token: 'secret', requestTimeout: 5000 };

export async function remote(): Promise<Room> {
  const client = new RemoteMediasoupClient('ws://example.com', options);

  await once(client, 'mediasoup');

  const { mediasoup } = client.on('error', console.error);

  process.once('SIGINT', client.destroy.bind(client));
  // @ts-expect-error It may have gone again.
  await open(mediasoup);
  if (!mediasoup) throw new Error('gone');

  return open(mediasoup);
}

export async function either(isMock: boolean): Promise<Room | undefined> {
  const client: Manager = isMock
    ? new RemoteMediasoupClientMock('ws://example.com', options)
    : new RemoteMediasoupClient(new URL('wss://example.com'), options);
  const stats = await client.getStats();

  client.on('mediasoup', (mediasoup) => mediasoup && void open(mediasoup));
  client.on('disconnected', (reason: string) => console.log(reason, stats.os.cpus));
  // @ts-expect-error There is no such event.
  client.on('connect', () => undefined);

  return client.readyState === RemoteMediasoupClient.CONNECTED && client.mediasoup
    ? open(client.mediasoup)
    : undefined;
}

/** What the client gives is what the module is, and the other way round. */
export const asModule = (mediasoup: Mediasoup): typeof mediasoupModule => mediasoup;
export const asIndex = (mediasoup: Mediasoup): types.Index => mediasoup;
export const asOurs = (mediasoup: typeof mediasoupModule): MediasoupModule => mediasoup;

/** An application's own Manager fits where ours do. */
export abstract class OwnManager extends RemoteMediasoupClientMock implements Manager {}

/** An object of the client is one of mediasoup's, by all of mediasoup's interfaces. */
type Created<M extends keyof T, T> = T[M] extends (...args: never[]) => Promise<infer R>
  ? R
  : never;
type OurWorker = Created<'createWorker', Mediasoup>;
type OurRouter = Created<'createRouter', OurWorker>;
type OurTransport = Created<'createWebRtcTransport', OurRouter>;

export const objects = (
  worker: OurWorker,
  router: OurRouter,
  transport: OurTransport,
): [types.Worker, types.Router, types.WebRtcTransport] => [worker, router, transport];
export const back = (
  worker: types.Worker,
  router: types.Router,
  transport: types.WebRtcTransport,
): [OurWorker, OurRouter, OurTransport] => [worker, router, transport];
