import type { types } from 'mediasoup';
import { rtpObserver } from './rtpObserver.js';
import type { Shape } from './Shape.js';

export const activeSpeakerObserver = {
  ...rtpObserver,
  events: { ...rtpObserver.events, dominantspeaker: 'reference' },
  observer: { ...rtpObserver.observer, dominantspeaker: 'reference' },
} as const satisfies Shape<
  types.ActiveSpeakerObserver,
  types.ActiveSpeakerObserverEvents,
  types.ActiveSpeakerObserverObserverEvents
>;
