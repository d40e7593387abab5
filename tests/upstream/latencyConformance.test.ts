import { describe } from 'vitest';
import { closingSuite } from '../conformance/closing.suite.js';
import { directSuite } from '../conformance/direct.suite.js';
import { runConformance } from '../conformance/index.js';
import { latency } from '../support/targets/latency.js';

const target = latency(20);

/** A share of it in `npm test`, all in `npm run latency` (TUREEN_LATENCY=all). */
describe('conformance of the remote client over a short way', () => {
  if (process.env['TUREEN_LATENCY'] === 'all') {
    runConformance(target);
  } else {
    closingSuite(target);
    directSuite(target);
  }
});
