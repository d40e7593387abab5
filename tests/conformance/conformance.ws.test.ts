import { describe } from 'vitest';
import { ws } from '../support/targets/ws.js';
import { everythingWasSeen } from './completeness/everythingWasSeen.js';
import { Watching } from './completeness/watching.js';
import { runConformance } from './index.js';

describe('conformance of the remote client over ws', () => {
  const watching = new Watching();

  runConformance(watching.watch(ws));
  everythingWasSeen(watching);
});
