import { describe } from 'vitest';
import { runConformance } from '../conformance/index.js';
import { verticalCluster } from '../support/targets/cluster.js';

describe('conformance of all workers of 2 daemons as one', () => runConformance(verticalCluster));
