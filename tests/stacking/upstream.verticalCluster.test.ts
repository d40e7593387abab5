import { describe } from 'vitest';
import { verticalCluster } from '../support/targets/cluster.js';
import { runUpstream } from '../upstream/runUpstream.js';

describe("mediasoup's own suite on all workers of 2 daemons as one", () =>
  runUpstream(verticalCluster));
