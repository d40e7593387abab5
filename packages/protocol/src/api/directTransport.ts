import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';
import { transport } from './transport.js';

export const directTransport = {
  ...transport,
  local: { ...transport.local, sendRtcp: 'notify' },
  events: { ...transport.events, rtcp: 'lossy' },
  // Declared by mediasoup for the observer too, but never emitted there.
  observer: { ...transport.observer, rtcp: 'local' },
} as const satisfies Shape<
  types.DirectTransport,
  types.DirectTransportEvents,
  types.DirectTransportObserverEvents
>;
