import { describe } from 'vitest';
import { local } from '../support/targets/local.js';
import { runConformance } from './index.js';

describe('conformance of local mediasoup', () => runConformance(local));
