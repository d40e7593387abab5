import { describe } from 'vitest';
import { vertical } from '../support/targets/vertical.js';
import { ws } from '../support/targets/ws.js';
import { runUpstream } from '../upstream/runUpstream.js';

describe("mediasoup's own suite on 2 workers of a daemon as one", () =>
  runUpstream(vertical(2, ws)));
