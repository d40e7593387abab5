import { describe } from 'vitest';
import { runConformance } from '../conformance/index.js';
import { horizontal } from '../support/targets/horizontal.js';
import { vertical } from '../support/targets/vertical.js';

describe('conformance on 4 workers of 2 hosts as one', () =>
  runConformance(vertical(4, horizontal(2))));
