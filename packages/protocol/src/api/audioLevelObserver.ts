import type { types } from 'mediasoup';
import { rtpObserver } from './rtpObserver.js';
import type { Shape } from './Shape.js';

export const audioLevelObserver = {
  ...rtpObserver,
  events: { ...rtpObserver.events, volumes: 'reference', silence: 'forward' },
  observer: { ...rtpObserver.observer, volumes: 'reference', silence: 'forward' },
} as const satisfies Shape<
  types.AudioLevelObserver,
  types.AudioLevelObserverEvents,
  types.AudioLevelObserverObserverEvents
>;
