import type { LogMessage } from '@tureen/protocol';
import type * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import type { ClientSession } from './ClientSession.js';
import {
  errors,
  extras,
  getSupportedRtpCapabilities,
  Logger,
  ortc,
  parseScalabilityMode,
  setLogEventListeners,
} from './library.js';
import { loggerOf } from './loggers.js';

/** All that the mediasoup module exports. */
export type MediasoupModule = Omit<typeof mediasoup, 'default'>;

/** The same as an ESM application sees it, with the whole module as its default export, too. */
export type Mediasoup = MediasoupModule & { default: MediasoupModule };

export interface RemoteMediasoupOptions {
  version: string;
  workerBin: string;
  observer: types.Observer;
  /** Gives the session, waiting for one if need be. */
  session(): Promise<ClientSession>;
}

/**
 * The object that takes the place of the mediasoup module. Everything is an own enumerable
 * property, since code compiled to CommonJS copies those.
 */
export function remoteMediasoup(options: RemoteMediasoupOptions): Mediasoup {
  const { version, workerBin, observer } = options;
  const object = {
    version,
    workerBin,
    observer,
    errors,
    ortc,
    extras,
    parseScalabilityMode,
    setLogEventListeners,
    getSupportedRtpCapabilities,
    createWorker: async <A extends types.AppData>(settings: types.WorkerSettings<A> = {}) => {
      loggerOf('mediasoup').debug('createWorker()');
      // Before there is a session, as mediasoup says it before there is a process.
      if (settings.appData && typeof settings.appData !== 'object') {
        throw new TypeError('if given, appData must be an object');
      }

      const session = await options.session();
      const worker = await session.create(session.root, 'createWorker', 'worker', [settings]);

      return worker as unknown as types.Worker<A>;
    },
  };

  // An ESM application sees mediasoup's CommonJS module also as its default export.
  return Object.defineProperty(object, 'default', { value: object }) as Mediasoup;
}

const workerLoggers = new Map<string, Logger>();

/** Says here what a worker of this client logged on the server. */
export function logOfWorker([, level, namespace, text]: LogMessage): void {
  // "mediasoup:WARN:Channel" is the Logger "Channel", at level warn.
  const name = namespace.split(':').at(-1) ?? 'Channel';
  let logger = workerLoggers.get(name);

  if (!logger && workerLoggers.size < 100) {
    logger = new Logger(name);
    workerLoggers.set(name, logger);
  }
  logger?.[level](text);
}
