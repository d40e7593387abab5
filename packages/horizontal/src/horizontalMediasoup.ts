import {
  type Mediasoup,
  MediasoupEmitter,
  type MediasoupModule,
  moduleLike,
} from '@tureen/manager';
import type { types } from 'mediasoup';
import type { Hosts } from './Hosts.js';

export interface HorizontalMediasoup {
  readonly object: Mediasoup;
  /** What the application listens to for workers. */
  readonly observer: types.Observer;
  /** A host's mediasoup is there: it gets the application's log listeners, too. */
  joined(mediasoup: MediasoupModule): void;
}

/**
 * The object that takes the place of the mediasoup module. What needs no worker is that of the host
 * that was there first; all others agree with it.
 */
export function horizontalMediasoup(
  reference: MediasoupModule,
  hosts: Hosts,
  createWorker: MediasoupModule['createWorker'],
): HorizontalMediasoup {
  const observer: types.Observer = new MediasoupEmitter<types.ObserverEvents>();
  const told = new Set<MediasoupModule['setLogEventListeners']>();
  let logListeners: types.LogEventListeners | undefined;
  const joined = ({ setLogEventListeners }: MediasoupModule) => {
    // Clients of one process share their logger.
    if (logListeners && !told.has(setLogEventListeners)) {
      told.add(setLogEventListeners);
      setLogEventListeners(logListeners);
    }
  };
  const object = moduleLike(
    {
      ...reference,
      setLogEventListeners: (listeners?: types.LogEventListeners) => {
        logListeners = listeners;
        told.clear();
        for (const { mediasoup } of hosts.all) {
          if (mediasoup && !told.has(mediasoup.setLogEventListeners)) {
            told.add(mediasoup.setLogEventListeners);
            mediasoup.setLogEventListeners(listeners);
          }
        }
      },
    },
    { observer, createWorker },
  );

  return { object, observer, joined };
}
