import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';

/** What the two RTP observers have in common. */
export const rtpObserver = {
  fields: { id: 'const', type: 'const', paused: 'live' },
  calls: { pause: 'value', resume: 'value', addProducer: 'value', removeProducer: 'value' },
  local: { close: 'close', routerClosed: 'cause:routerclose' },
  events: { routerclose: 'close' },
  observer: {
    close: 'close',
    pause: 'forward',
    resume: 'forward',
    addproducer: 'reference',
    removeproducer: 'reference',
  },
} as const satisfies Shape<
  types.RtpObserver,
  types.RtpObserverEvents,
  types.RtpObserverObserverEvents
>;
