import { describe } from 'vitest';
import { local } from '../support/targets/local.js';
import { runUpstream } from './runUpstream.js';

describe("mediasoup's own suite on local mediasoup", () => runUpstream(local));
