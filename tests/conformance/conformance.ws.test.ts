import { describe } from 'vitest';
import { ws } from '../support/targets/ws.js';
import { runConformance } from './index.js';

describe('conformance of the remote client over ws', () => runConformance(ws));
