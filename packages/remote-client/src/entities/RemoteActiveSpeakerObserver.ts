import type { types } from 'mediasoup';
import { mirrorOf } from '../mirrorOf.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#ActiveSpeakerObserver */
export class RemoteActiveSpeakerObserver<A extends types.AppData = types.AppData>
  extends mirrorOf<types.ActiveSpeakerObserver>()('activeSpeakerObserver')
  implements types.ActiveSpeakerObserver<A>
{
  declare appData: A;
}
