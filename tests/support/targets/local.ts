import * as mediasoup from 'mediasoup';
import type { Target } from '../targets.js';

/** mediasoup itself: what it does is right by definition. */
export const local: Target = {
  name: 'local',
  ownObjects: true,
  start: async () => ({ mediasoup, stop: async () => {} }),
};
