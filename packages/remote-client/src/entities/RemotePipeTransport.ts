import type { types } from 'mediasoup';
import { mirrorOf } from '../mirrorOf.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#PipeTransport */
export class RemotePipeTransport<A extends types.AppData = types.AppData>
  extends mirrorOf<types.PipeTransport>()('pipeTransport')
  implements types.PipeTransport<A>
{
  declare appData: A;
}
