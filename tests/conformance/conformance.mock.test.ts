import { describe } from 'vitest';
import { mock } from '../support/targets/mock.js';
import { runConformance } from './index.js';

describe('conformance of the mock', () => runConformance(mock));
