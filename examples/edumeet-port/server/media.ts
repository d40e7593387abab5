import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { HostPlacementName } from '@tureen/horizontal';
import type { RemoteMediasoupClient } from '@tureen/remote-client';
import type { Manager, PlacementName, VerticalSource } from '@tureen/vertical';
import type * as types from 'mediasoup/types';
import { UsageError } from './errors.js';
import type { Log } from './log.js';

export const MEDIA_MODES = [
  'local',
  'mock',
  'remote',
  'vertical',
  'horizontal',
  'combined',
] as const;
export type MediaMode = (typeof MEDIA_MODES)[number];

export const PLACEMENTS = [
  'concentrate',
  'spread',
  'weighted',
  'scatter',
] as const satisfies PlacementName[];

export const HOST_PLACEMENTS = [
  'leastLoaded',
  'roundRobin',
  'concentrate',
] as const satisfies HostPlacementName[];

export interface PlacementOptions {
  /** Real workers at most behind the one of `vertical` or `combined`. Default: one for each core. */
  verticalWorkers?: number;
  /** Which of them a transport goes to. Default: concentrate. */
  placement?: PlacementName;
  /** CPU of their host, in percent, at which no further one is started. Default: 90. */
  watermarkNode?: number;
  /** Which host a worker goes to. Default: leastLoaded for `horizontal`, else concentrate. */
  hostPlacement?: HostPlacementName;
}

export interface MediaOptions extends PlacementOptions {
  mode: MediaMode;
  /** WebSocket addresses of daemons: of `remote`, of `vertical` where it is over one, of each host. */
  tureenUrls: readonly string[];
  /** File with the token of all daemons. */
  tokenFile?: string;
  log: Log;
}

/** A client has to be told where its server is, the one that stands in for it, too. */
const NOWHERE = 'ws://mock.invalid';

/** Where the conference server's mediasoup object comes from. This file alone knows. */
export interface Media {
  readonly mediasoup: types.Index;
  /** `mediasoup`: the object went away (undefined) or is back. */
  readonly events: EventEmitter<{ mediasoup: [types.Index | undefined] }>;
  close(): void;
}

/** @throws UsageError when an option is missing, or the error of the first connection. */
export async function openMedia(options: MediaOptions): Promise<Media> {
  switch (options.mode) {
    case 'local':
      return openLocal();
    case 'mock':
      return openMock();
    case 'remote':
      return mediaOf(await connect(options));
    case 'vertical':
      return openVertical(options, await (options.tureenUrls.length ? connect : ownCores)(options));
    case 'horizontal':
      return mediaOf(await openHosts(options));
    case 'combined':
      return openVertical(options, await openHosts({ hostPlacement: 'concentrate', ...options }));
  }
}

/** mediasoup in this process, its workers our children. Only loaded when asked for. */
async function openLocal(): Promise<Media> {
  const mediasoup = await import('mediasoup');
  return { mediasoup, events: new EventEmitter(), close: () => {} };
}

/** The same, behaving as if it were somewhere else. */
async function openMock(): Promise<Media> {
  const { RemoteMediasoupClientMock } = await import('@tureen/remote-client/mock');
  const client = new RemoteMediasoupClientMock(NOWHERE, { listenWorkerDied: false });
  await once(client, 'mediasoup');
  return mediaOf(client);
}

/** All cores as one worker: of this host, of the one with the tureen-server, or of several. */
async function openVertical(options: MediaOptions, below: Below): Promise<Media> {
  const { MediasoupVertical } = await import('@tureen/vertical');
  const manager = new MediasoupVertical(below, {
    maxWorkers: options.verticalWorkers,
    placement: options.placement,
    watermarkNode: options.watermarkNode,
  });
  await once(manager, 'mediasoup');
  return mediaOf(manager, () => {
    manager.close();
    below.close();
  });
}

/** Hosts with a tureen-server each, as one mediasoup. */
async function openHosts(options: MediaOptions): Promise<Below> {
  const { mode, tureenUrls, hostPlacement, log } = options;
  if (tureenUrls.length === 0) throw new UsageError(`--media ${mode} needs --tureen-url`);
  const { MediasoupHorizontal } = await import('@tureen/horizontal');
  const clients: RemoteMediasoupClient[] = [];
  for (const url of tureenUrls) clients.push(await clientOf(url, options));

  // As above, below and wherever a manager is under another one.
  const hosts = new MediasoupHorizontal(clients, {
    placement: hostPlacement,
    listenWorkerDied: false,
  });
  const urlOf = (host: unknown) => tureenUrls[clients.findIndex((client) => client === host)];
  hosts.on('error', (error) => log.warn('media hosts', { error }));
  hosts.observer.on('hostusable', (host) => log.info('media host', { url: urlOf(host) }));
  hosts.observer.on('hostunusable', (host, reason) =>
    log.warn('media host is given nothing', { url: urlOf(host), reason }),
  );
  // One host is enough to begin with.
  await once(hosts, 'mediasoup');
  hosts.once('close', () => clients.forEach((client) => client.close()));
  return hosts;
}

async function ownCores(): Promise<Manager> {
  const { localManager } = await import('@tureen/vertical');
  // A worker's death reaches the conference server as the worker's own event.
  const manager = localManager(await import('mediasoup'), { listenWorkerDied: false });
  await once(manager, 'mediasoup');
  return manager;
}

/** A tureen-server somewhere else; of several, one after the other. */
async function connect(options: MediaOptions): Promise<RemoteMediasoupClient> {
  const { mode, tureenUrls } = options;
  if (tureenUrls.length === 0) throw new UsageError(`--media ${mode} needs --tureen-url`);
  const client = await clientOf(tureenUrls, options);
  try {
    await once(client, 'mediasoup');
  } catch (error) {
    client.destroy();
    throw error;
  }
  return client;
}

async function clientOf(url: string | readonly string[], { tokenFile, log }: MediaOptions) {
  const { RemoteMediasoupClient } = await import('@tureen/remote-client');
  const client = new RemoteMediasoupClient(url, {
    token: await readToken(tokenFile),
    listenWorkerDied: false,
  });
  logConnection(client, String(url), log);
  return client;
}

function logConnection(client: RemoteMediasoupClient, url: string, log: Log): void {
  client.on('error', (error) => log.warn('media connection', { url, error }));
  client.on('connected', () => log.info('media connected', { url }));
  client.on('disconnected', (reason) => log.warn('media connection lost', { url, reason }));
}

/** What the Managers of both packages have in common, as far as it matters here. */
interface MediaManager {
  readonly mediasoup: types.Index | undefined;
  on(event: 'mediasoup', listener: () => void): unknown;
  close(): void;
}

/** One that a vertical can be over. */
type Below = MediaManager & VerticalSource;

/** @param close - Default: closes the manager. */
function mediaOf(manager: MediaManager, close = () => manager.close()): Media {
  const { mediasoup } = manager;
  if (!mediasoup) throw new Error('the connection was lost at once');

  const events: Media['events'] = new EventEmitter();
  manager.on('mediasoup', () => events.emit('mediasoup', manager.mediasoup));
  return { mediasoup, events, close };
}

async function readToken(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError(`--token-file: ${(cause as Error).message}`, { cause });
  }
}
