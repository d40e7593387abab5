import { describe } from 'vitest';
import { ws } from '../support/targets/ws.js';
import { runUpstream } from './runUpstream.js';

describe("mediasoup's own suite on the remote client over ws", () => runUpstream(ws));
