import { describe } from 'vitest';
import { runConformance } from '../conformance/index.js';
import { cluster } from '../support/targets/cluster.js';

describe('conformance of a cluster of 2 daemons', () => runConformance(cluster));
