import { describe } from 'vitest';
import { runConformance } from '../conformance/index.js';
import { vertical } from '../support/targets/vertical.js';
import { ws } from '../support/targets/ws.js';

describe('conformance of 2 workers of a daemon as one', () => runConformance(vertical(2, ws)));
