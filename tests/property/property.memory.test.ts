import { describe } from 'vitest';
import { memory } from '../support/targets/memory.js';
import { runProperty } from './runProperty.js';

describe('the remote client over a link in memory does what mediasoup does', () =>
  runProperty(memory));
