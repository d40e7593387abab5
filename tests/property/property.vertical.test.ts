import { describe } from 'vitest';
import { vertical } from '../support/targets/vertical.js';
import { runProperty } from './runProperty.js';

/** With one worker below there is nothing that could be different: it has no exceptions. */
describe('a vertical of one worker does what mediasoup does', () =>
  runProperty(vertical(1), { sequences: 80 }));
