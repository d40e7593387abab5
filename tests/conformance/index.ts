import { skipExceptions, type Target } from '../support/targets.js';
import { closingSuite } from './closing.suite.js';
import { contractSuite } from './contract.suite.js';
import { dataSuite } from './data.suite.js';
import { directSuite } from './direct.suite.js';
import { layersSuite } from './layers.suite.js';
import { membersSuite } from './members.suite.js';
import { observersSuite } from './observers.suite.js';
import { pipeSuite } from './pipe.suite.js';
import { plainSuite } from './plain.suite.js';
import { traceSuite } from './trace.suite.js';
import { webRtcSuite } from './webrtc.suite.js';

/** What mediasoup's own suite does not look at: above all, everything about flowing media. */
export function runConformance(target: Target): void {
  skipExceptions(target);
  plainSuite(target);
  webRtcSuite(target);
  dataSuite(target);
  directSuite(target);
  observersSuite(target);
  layersSuite(target);
  traceSuite(target);
  pipeSuite(target);
  closingSuite(target);
  contractSuite(target);
  membersSuite(target);
}
