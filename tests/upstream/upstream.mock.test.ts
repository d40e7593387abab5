import { describe } from 'vitest';
import { mock } from '../support/targets/mock.js';
import { runUpstream } from './runUpstream.js';

describe("mediasoup's own suite on the mock", () => runUpstream(mock));
