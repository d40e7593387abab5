import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { RemoteMediasoupClient } from '@tureen/remote-client';
import type { Manager, PlacementName } from '@tureen/vertical';
import type * as types from 'mediasoup/types';
import { UsageError } from './errors.js';
import type { Log } from './log.js';

export const MEDIA_MODES = ['local', 'mock', 'remote', 'vertical'] as const;
export type MediaMode = (typeof MEDIA_MODES)[number];

export const PLACEMENTS = [
  'concentrate',
  'spread',
  'weighted',
  'scatter',
] as const satisfies PlacementName[];

export interface VerticalOptions {
  /** Real workers at most behind the one of `vertical`. Default: one for each core of their host. */
  verticalWorkers?: number;
  /** Which of them a transport goes to. Default: concentrate. */
  placement?: PlacementName;
  /** CPU of their host, in percent, at which no further one is started. Default: 90. */
  watermarkNode?: number;
}

export interface MediaOptions extends VerticalOptions {
  mode: MediaMode;
  /** WebSocket addresses of daemons: of `remote`, and of `vertical` where it is over one. */
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
      return openVertical(options);
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

/** All cores of a host as one worker: of this one, or of the one with the tureen-server. */
async function openVertical(options: MediaOptions): Promise<Media> {
  const { MediasoupVertical } = await import('@tureen/vertical');
  const below = options.tureenUrls.length === 0 ? await ownCores() : await connect(options);
  const { os } = await below.getStats();
  const manager = new MediasoupVertical(below, {
    maxWorkers: options.verticalWorkers ?? os.cpus,
    placement: options.placement,
    watermarkNode: options.watermarkNode,
  });
  await once(manager, 'mediasoup');
  return mediaOf(manager, () => {
    manager.close();
    below.close();
  });
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
  const { mode, tureenUrls, log } = options;
  if (tureenUrls.length === 0) throw new UsageError(`--media ${mode} needs --tureen-url`);
  const { RemoteMediasoupClient } = await import('@tureen/remote-client');

  // As above.
  const client = new RemoteMediasoupClient(tureenUrls, {
    token: await readToken(options.tokenFile),
    listenWorkerDied: false,
  });
  try {
    await once(client, 'mediasoup');
  } catch (error) {
    client.destroy();
    throw error;
  }
  logConnection(client, tureenUrls.join(), log);
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
