import { describe } from 'vitest';
import { dropIn } from '../support/targets/drop-in.js';
import { runUpstream } from './runUpstream.js';

describe("mediasoup's own suite on the drop-in package", () => runUpstream(dropIn));
