export type { Mediasoup } from './Mediasoup.js';
export type {
  PlacementCandidate,
  PlacementPolicy,
  PlacementRequest,
} from './placement/types.js';
