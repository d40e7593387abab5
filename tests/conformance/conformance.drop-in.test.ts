import { describe } from 'vitest';
import { dropIn } from '../support/targets/drop-in.js';
import { runConformance } from './index.js';

describe('conformance of the drop-in package', () => runConformance(dropIn));
