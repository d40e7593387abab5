/* The application with all cores as one worker. */
import { once } from 'node:events';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import {
  getStatsFactory,
  localManager,
  MediasoupVertical,
  planCapacity,
  type Manager,
  type MediasoupVerticalOptions,
} from '@tureen/vertical';
import * as mediasoupModule from 'mediasoup';
import { open, type Room } from './room.js';

const options: MediasoupVerticalOptions = {
  maxWorkers: 4,
  placement: ({ appData }, workers) =>
    appData['role'] === 'speaker' ? 0 : workers.find(({ cpu }) => cpu < 50)?.index,
};

/** Of the module, of a manager of it, of a remote client. */
export async function all(): Promise<Room[]> {
  const { getStats } = getStatsFactory(mediasoupModule);
  const managers: Manager[] = [
    new MediasoupVertical({ mediasoup: mediasoupModule, getStats }, options),
    new MediasoupVertical(localManager(mediasoupModule)),
    new MediasoupVertical(new RemoteMediasoupClient('ws://example.com'), { placement: 'spread' }),
  ];
  const rooms: Room[] = [];

  for (const manager of managers) {
    await once(manager, 'mediasoup');
    if (manager.mediasoup) {
      rooms.push(await open(manager.mediasoup));
    }
  }

  return rooms;
}

// @ts-expect-error There is no such policy.
export const wrong: MediasoupVerticalOptions = { placement: 'random' };

export const cores: number = planCapacity({ broadcasters: 4, viewers: 500 }).cores;
