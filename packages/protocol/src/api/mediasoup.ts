import type { Row } from './Shape.js';

/**
 * The root of a session: what of the module itself is answered by the server. `getStats` and
 * `getTopology` are the Manager's, not mediasoup's.
 */
export const mediasoup = {
  fields: {},
  calls: { createWorker: 'child:worker', getStats: 'value', getTopology: 'value' },
  local: {},
  events: {},
  observer: {},
  owns: [{ kinds: ['worker'], closedBy: 'managerClosed', announced: 'newworker' }],
} as const satisfies Row;
