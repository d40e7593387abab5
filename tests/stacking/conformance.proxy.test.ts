import { describe } from 'vitest';
import { runConformance } from '../conformance/index.js';
import { proxy } from '../support/targets/proxy.js';

describe('conformance of a proxy', () => runConformance(proxy));
