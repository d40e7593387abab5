import { describe } from 'vitest';
import { latency } from '../support/targets/latency.js';
import { runUpstream } from './runUpstream.js';

/**
 * Every test waits for dozens of round trips. `npm test` therefore runs over the long way only what
 * closes most and what calls without waiting, and over the short way what the long way leaves out
 * and what is about more than one object; `npm run latency` (TUREEN_LATENCY=all) runs it all.
 */
const all = process.env['TUREEN_LATENCY'] === 'all';
const short = ['Consumer', 'DataConsumer', 'PipeTransport', 'Router', 'WebRtcTransport'];
const long = ['DirectTransport', 'WebRtcServer', 'Worker'];

describe("mediasoup's own suite over a short way", () =>
  runUpstream(latency(20), all ? undefined : short));

describe("mediasoup's own suite over a long way", () =>
  runUpstream(latency(150), all ? undefined : long));
