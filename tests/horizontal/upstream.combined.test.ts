import { describe } from 'vitest';
import { horizontal } from '../support/targets/horizontal.js';
import { vertical } from '../support/targets/vertical.js';
import { runUpstream } from '../upstream/runUpstream.js';

describe("mediasoup's own suite on 4 workers of 2 hosts as one", () =>
  runUpstream(vertical(4, horizontal(2))));
