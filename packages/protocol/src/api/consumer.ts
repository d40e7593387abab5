import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';

export const consumer = {
  fields: {
    id: 'const',
    producerId: 'const',
    kind: 'const',
    rtpParameters: 'packed',
    type: 'const',
    paused: 'live',
    producerPaused: 'live',
    priority: 'live',
    score: 'live',
    preferredLayers: 'live',
    currentLayers: 'live',
  },
  calls: {
    dump: 'value',
    getStats: 'value',
    pause: 'value',
    resume: 'value',
    setPreferredLayers: 'value',
    setPriority: 'value',
    unsetPriority: 'value',
    requestKeyFrame: 'value',
    enableTraceEvent: 'value',
  },
  local: { close: 'close', transportClosed: 'cause:transportclose' },
  events: {
    transportclose: 'close',
    producerclose: 'close',
    producerpause: 'forward',
    producerresume: 'forward',
    score: 'forward',
    layerschange: 'forward',
    trace: 'lossy',
    rtp: 'lossy',
  },
  observer: {
    close: 'close',
    pause: 'forward',
    resume: 'forward',
    score: 'forward',
    layerschange: 'forward',
    trace: 'lossy',
  },
} as const satisfies Shape<types.Consumer, types.ConsumerEvents, types.ConsumerObserverEvents>;
