import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';

export const dataConsumer = {
  fields: {
    id: 'const',
    dataProducerId: 'const',
    type: 'const',
    sctpStreamParameters: 'const',
    label: 'const',
    protocol: 'const',
    paused: 'live',
    dataProducerPaused: 'live',
    subchannels: 'live',
  },
  calls: {
    dump: 'value',
    getStats: 'value',
    pause: 'value',
    resume: 'value',
    setBufferedAmountLowThreshold: 'value',
    getBufferedAmount: 'value',
    // The client refuses what looks like bytes but is no Buffer: it would arrive as one.
    send: 'written',
    setSubchannels: 'value',
    addSubchannel: 'value',
    removeSubchannel: 'value',
  },
  local: { close: 'close', transportClosed: 'cause:transportclose' },
  events: {
    transportclose: 'close',
    dataproducerclose: 'close',
    dataproducerpause: 'forward',
    dataproducerresume: 'forward',
    message: 'stream',
    sctpsendbufferfull: 'forward',
    bufferedamountlow: 'forward',
  },
  observer: { close: 'close', pause: 'forward', resume: 'forward' },
} as const satisfies Shape<
  types.DataConsumer,
  types.DataConsumerEvents,
  types.DataConsumerObserverEvents
>;
