import { describe } from 'vitest';
import { local } from '../support/targets/local.js';
import { runProperty } from './runProperty.js';

describe('mediasoup does what mediasoup does', () => runProperty(local, { sequences: 20 }));
