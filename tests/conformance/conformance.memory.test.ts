import { describe } from 'vitest';
import { memory } from '../support/targets/memory.js';
import { runConformance } from './index.js';

describe('conformance of the remote client over a link in memory', () => runConformance(memory));
