import { describe } from 'vitest';
import { horizontal } from '../support/targets/horizontal.js';
import { runUpstream } from '../upstream/runUpstream.js';

describe("mediasoup's own suite on 2 hosts as one", () => runUpstream(horizontal(2)));
