import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';

export const router = {
  // Changed by updateMediaCodecs() only, which the client computes itself.
  fields: { id: 'const', rtpCapabilities: 'const' },
  calls: {
    dump: 'value',
    createWebRtcTransport: 'child:webRtcTransport',
    createPlainTransport: 'child:plainTransport',
    createPipeTransport: 'child:pipeTransport',
    createDirectTransport: 'child:directTransport',
    pipeToRouter: 'manual',
    createActiveSpeakerObserver: 'child:activeSpeakerObserver',
    createAudioLevelObserver: 'child:audioLevelObserver',
  },
  local: {
    close: 'close',
    workerClosed: 'cause:workerclose',
    canConsume: 'manual',
    updateMediaCodecs: 'notify',
  },
  events: { workerclose: 'close' },
  observer: { close: 'close', newtransport: 'local', newrtpobserver: 'local' },
  owns: [
    {
      kinds: ['webRtcTransport', 'plainTransport', 'pipeTransport', 'directTransport'],
      closedBy: 'routerClosed',
      announced: 'newtransport',
    },
    {
      kinds: ['activeSpeakerObserver', 'audioLevelObserver'],
      closedBy: 'routerClosed',
      announced: 'newrtpobserver',
    },
  ],
  references: { createWebRtcTransport: ['webRtcServer'] },
} as const satisfies Shape<types.Router, types.RouterEvents, types.RouterObserverEvents>;
