import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';

export const webRtcServer = {
  fields: { id: 'const' },
  calls: { dump: 'value' },
  local: { close: 'close', workerClosed: 'cause:workerclose', handleWebRtcTransport: 'manual' },
  events: { workerclose: 'close' },
  // Transports appear and go with createWebRtcTransport() and close(), which the client does itself.
  observer: { close: 'close', webrtctransporthandled: 'local', webrtctransportunhandled: 'local' },
} as const satisfies Shape<
  types.WebRtcServer,
  types.WebRtcServerEvents,
  types.WebRtcServerObserverEvents
>;
