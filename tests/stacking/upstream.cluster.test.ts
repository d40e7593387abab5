import { describe } from 'vitest';
import { cluster } from '../support/targets/cluster.js';
import { runUpstream } from '../upstream/runUpstream.js';

describe("mediasoup's own suite on a cluster of 2 daemons", () => runUpstream(cluster));
