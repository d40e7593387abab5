import type { types } from 'mediasoup';
import type { Shape } from './Shape.js';

export const worker = {
  fields: { pid: 'const', died: 'live', subprocessClosed: 'live' },
  calls: {
    dump: 'value',
    getResourceUsage: 'value',
    updateSettings: 'value',
    createWebRtcServer: 'child:webRtcServer',
    createRouter: 'child:router',
  },
  local: { close: 'close' },
  // subprocessclose comes after a close too, when the process has really gone.
  events: { died: 'close', subprocessclose: 'forward' },
  observer: { close: 'close', newwebrtcserver: 'local', newrouter: 'local' },
  owns: [
    { kinds: ['router'], closedBy: 'workerClosed', announced: 'newrouter' },
    { kinds: ['webRtcServer'], closedBy: 'workerClosed', announced: 'newwebrtcserver' },
  ],
} as const satisfies Shape<types.Worker, types.WorkerEvents, types.WorkerObserverEvents>;
