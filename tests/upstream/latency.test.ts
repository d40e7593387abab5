import { describe } from 'vitest';
import { latency } from '../support/targets/latency.js';
import { runUpstream } from './runUpstream.js';

/**
 * Every test waits for dozens of round trips. `npm test` therefore runs only what closes most, what
 * calls without waiting and what is about more than one object, and little of it over the long way;
 * `npm run latency` (TUREEN_LATENCY=all) runs it all.
 */
const all = process.env['TUREEN_LATENCY'] === 'all';
const short = ['Consumer', 'PipeTransport', 'Router', 'WebRtcServer', 'WebRtcTransport'];
const long = ['DirectTransport', 'Worker'];

describe("mediasoup's own suite over a short way", () =>
  runUpstream(latency(20), all ? undefined : short));

describe("mediasoup's own suite over a long way", () =>
  runUpstream(latency(150), all ? undefined : long));
