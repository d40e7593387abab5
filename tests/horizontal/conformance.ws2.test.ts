import { describe } from 'vitest';
import { runConformance } from '../conformance/index.js';
import { horizontal } from '../support/targets/horizontal.js';

describe('conformance of 2 hosts as one', () => runConformance(horizontal(2)));
