import { describe } from 'vitest';
import { latency } from '../support/targets/latency.js';
import { runUpstream } from './runUpstream.js';

/**
 * Every test waits for dozens of round trips. `npm test` therefore runs over the long way only what
 * closes most and what calls without waiting; `npm run latency` (TUREEN_LATENCY=all) runs it all.
 */
const files =
  process.env['TUREEN_LATENCY'] === 'all'
    ? undefined
    : ['DirectTransport', 'WebRtcServer', 'Worker'];

describe("mediasoup's own suite over a short way", () => runUpstream(latency(20)));

describe("mediasoup's own suite over a long way", () => runUpstream(latency(150), files));
