import { describe } from 'vitest';
import { local } from '../support/targets/local.js';
import { everythingWasSeen } from './completeness/everythingWasSeen.js';
import { Watching } from './completeness/watching.js';
import { runConformance } from './index.js';

describe('conformance of local mediasoup', () => {
  const watching = new Watching();

  runConformance(watching.watch(local));
  everythingWasSeen(watching);
});
