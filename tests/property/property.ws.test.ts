import { describe } from 'vitest';
import { ws } from '../support/targets/ws.js';
import { runProperty } from './runProperty.js';

describe('the remote client over ws does what mediasoup does', () => runProperty(ws));
