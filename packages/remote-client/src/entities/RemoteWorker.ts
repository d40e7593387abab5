import type { types } from 'mediasoup';
import { mirrorOf } from '../mirrorOf.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#Worker */
export class RemoteWorker<A extends types.AppData = types.AppData>
  extends mirrorOf<types.Worker>()('worker')
  implements types.Worker<A>
{
  declare appData: A;
}
