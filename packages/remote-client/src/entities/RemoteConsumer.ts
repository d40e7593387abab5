import type { types } from 'mediasoup';
import { mirrorOf } from '../mirrorOf.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#Consumer */
export class RemoteConsumer<A extends types.AppData = types.AppData>
  extends mirrorOf<types.Consumer>()('consumer')
  implements types.Consumer<A>
{
  declare appData: A;
}
