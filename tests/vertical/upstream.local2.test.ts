import { describe } from 'vitest';
import { vertical } from '../support/targets/vertical.js';
import { runUpstream } from '../upstream/runUpstream.js';

describe("mediasoup's own suite on 2 workers as one", () => runUpstream(vertical(2)));
