import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type * as types from 'mediasoup/types';
import { UsageError } from './errors.js';
import type { Log } from './log.js';

export const MEDIA_MODES = ['local', 'remote'] as const;
export type MediaMode = (typeof MEDIA_MODES)[number];

export interface MediaOptions {
  mode: MediaMode;
  /** WebSocket address of the daemon, for `remote`. */
  tureenUrl?: string;
  /** File with the daemon's token, for `remote`. */
  tokenFile?: string;
  log: Log;
}

/** Where the conference server's mediasoup object comes from. This file alone knows. */
export interface Media {
  readonly mediasoup: types.Index;
  /** `mediasoup`: the object went away (undefined) or is back. */
  readonly events: EventEmitter<{ mediasoup: [types.Index | undefined] }>;
  close(): void;
}

/** @throws UsageError when an option is missing, or the error of the first connection. */
export function openMedia(options: MediaOptions): Promise<Media> {
  return options.mode === 'local' ? openLocal() : openRemote(options);
}

/** mediasoup in this process, its workers our children. Only loaded when asked for. */
async function openLocal(): Promise<Media> {
  const mediasoup = await import('mediasoup');
  return { mediasoup, events: new EventEmitter(), close: () => {} };
}

/** A tureen-server somewhere else. */
async function openRemote({ tureenUrl, tokenFile, log }: MediaOptions): Promise<Media> {
  if (tureenUrl === undefined) throw new UsageError('--media remote needs --tureen-url');
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  const { RemoteMediasoupClient } = await import('@tureen/remote-client');

  // A worker's death reaches the conference server as the worker's own event.
  const client = new RemoteMediasoupClient(tureenUrl, { token, listenWorkerDied: false });
  try {
    await once(client, 'mediasoup');
  } catch (error) {
    client.destroy();
    throw error;
  }
  const { mediasoup } = client;
  if (!mediasoup) throw new Error('the connection was lost at once');

  const events: Media['events'] = new EventEmitter();
  client.on('error', (error) => log.warn('media connection', { error }));
  client.on('connected', () => log.info('media connected again'));
  client.on('disconnected', (reason) => log.warn('media connection lost', { reason }));
  client.on('mediasoup', () => events.emit('mediasoup', client.mediasoup));
  return { mediasoup, events, close: () => client.close() };
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError(`--token-file: ${(cause as Error).message}`, { cause });
  }
}
