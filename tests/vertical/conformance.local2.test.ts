import { describe } from 'vitest';
import { runConformance } from '../conformance/index.js';
import { vertical } from '../support/targets/vertical.js';

describe('conformance of 2 workers as one', () => runConformance(vertical(2)));
