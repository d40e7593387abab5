import { describe } from 'vitest';
import { proxy } from '../support/targets/proxy.js';
import { runUpstream } from '../upstream/runUpstream.js';

describe("mediasoup's own suite through a proxy", () => runUpstream(proxy));
