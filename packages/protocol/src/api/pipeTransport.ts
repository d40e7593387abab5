import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';
import { sctpFields, sctpOnClose, transport } from './transport.js';

export const pipeTransport = {
  ...transport,
  fields: { ...transport.fields, ...sctpFields, tuple: 'live', srtpParameters: 'live' },
  events: { ...transport.events, sctpstatechange: 'forward' },
  observer: { ...transport.observer, sctpstatechange: 'forward' },
  onCloseIfPresent: sctpOnClose,
} as const satisfies Shape<
  types.PipeTransport,
  types.PipeTransportEvents,
  types.PipeTransportObserverEvents
>;
