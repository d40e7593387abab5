import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';
import { sctpFields, sctpOnClose, transport } from './transport.js';

const stateEvents = {
  tuple: 'forward',
  rtcptuple: 'forward',
  sctpstatechange: 'forward',
} as const;

export const plainTransport = {
  ...transport,
  fields: {
    ...transport.fields,
    ...sctpFields,
    tuple: 'live',
    rtcpTuple: 'live',
    srtpParameters: 'live',
  },
  events: { ...transport.events, ...stateEvents },
  observer: { ...transport.observer, ...stateEvents },
  onCloseIfPresent: sctpOnClose,
} as const satisfies Shape<
  types.PlainTransport,
  types.PlainTransportEvents,
  types.PlainTransportObserverEvents
>;
