import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';

export const producer = {
  fields: {
    id: 'const',
    kind: 'const',
    rtpParameters: 'packed',
    type: 'const',
    consumableRtpParameters: 'packed',
    paused: 'live',
    score: 'live',
  },
  calls: {
    dump: 'value',
    getStats: 'value',
    pause: 'value',
    resume: 'value',
    enableTraceEvent: 'value',
  },
  local: { close: 'close', transportClosed: 'cause:transportclose', send: 'notify' },
  events: {
    transportclose: 'close',
    score: 'forward',
    videoorientationchange: 'forward',
    trace: 'lossy',
  },
  observer: {
    close: 'close',
    pause: 'forward',
    resume: 'forward',
    score: 'forward',
    videoorientationchange: 'forward',
    trace: 'lossy',
  },
} as const satisfies Shape<types.Producer, types.ProducerEvents, types.ProducerObserverEvents>;
