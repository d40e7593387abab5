import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';

export const dataProducer = {
  fields: {
    id: 'const',
    type: 'const',
    sctpStreamParameters: 'const',
    label: 'const',
    protocol: 'const',
    paused: 'live',
  },
  calls: { dump: 'value', getStats: 'value', pause: 'value', resume: 'value' },
  local: { close: 'close', transportClosed: 'cause:transportclose', send: 'notify' },
  events: { transportclose: 'close' },
  observer: { close: 'close', pause: 'forward', resume: 'forward' },
} as const satisfies Shape<
  types.DataProducer,
  types.DataProducerEvents,
  types.DataProducerObserverEvents
>;
