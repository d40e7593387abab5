import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';
import { sctpFields, sctpOnClose, transport } from './transport.js';

const stateEvents = {
  icestatechange: 'forward',
  iceselectedtuplechange: 'forward',
  dtlsstatechange: 'forward',
  sctpstatechange: 'forward',
} as const;

export const webRtcTransport = {
  ...transport,
  fields: {
    ...transport.fields,
    ...sctpFields,
    iceRole: 'const',
    iceParameters: 'live',
    iceCandidates: 'const',
    iceState: 'live',
    iceSelectedTuple: 'live',
    dtlsParameters: 'live',
    dtlsState: 'live',
    dtlsRemoteCert: 'live',
  },
  calls: { ...transport.calls, restartIce: 'value' },
  events: { ...transport.events, ...stateEvents },
  observer: { ...transport.observer, ...stateEvents },
  uncloned: ['iceParameters'],
  onClose: { iceState: 'closed', iceSelectedTuple: undefined, dtlsState: 'closed' },
  onCloseIfPresent: sctpOnClose,
} as const satisfies Shape<
  types.WebRtcTransport,
  types.WebRtcTransportEvents,
  types.WebRtcTransportObserverEvents
>;
