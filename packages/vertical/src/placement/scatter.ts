import type { PlacementPolicy } from './types.js';

/**
 * Puts every transport on another worker than the last, round and round. For tests: everything must
 * still behave as one router. What is no transport goes where the next transport will go.
 */
export function scatter(): PlacementPolicy {
  let last = -1;

  return ({ kind }, candidates) => {
    const next = (candidates.find(({ index }) => index > last) ?? candidates[0])?.index;

    if (kind !== 'router' && next !== undefined) {
      last = next;
    }

    return next;
  };
}
