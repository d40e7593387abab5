import type { types } from 'mediasoup';
import { mirrorOf } from '../mirrorOf.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#AudioLevelObserver */
export class RemoteAudioLevelObserver<A extends types.AppData = types.AppData>
  extends mirrorOf<types.AudioLevelObserver>()('audioLevelObserver')
  implements types.AudioLevelObserver<A>
{
  declare appData: A;
}
