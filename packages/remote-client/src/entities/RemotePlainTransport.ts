import type { types } from 'mediasoup';
import { mirrorOf } from '../mirrorOf.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#PlainTransport */
export class RemotePlainTransport<A extends types.AppData = types.AppData>
  extends mirrorOf<types.PlainTransport>()('plainTransport')
  implements types.PlainTransport<A>
{
  declare appData: A;
}
