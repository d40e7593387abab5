import type { types } from 'mediasoup';
import { announced, closing } from '../Mirror.js';
import { mirrorOf } from '../mirrorOf.js';
import { RemoteWebRtcServer } from './RemoteWebRtcServer.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#WebRtcTransport */
export class RemoteWebRtcTransport<A extends types.AppData = types.AppData>
  extends mirrorOf<types.WebRtcTransport>()('webRtcTransport')
  implements types.WebRtcTransport<A>
{
  declare appData: A;
  #webRtcServer: RemoteWebRtcServer | undefined;

  override [announced](options: unknown): void {
    const { webRtcServer } = options as { webRtcServer?: unknown };

    if (webRtcServer instanceof RemoteWebRtcServer) {
      this.#webRtcServer = webRtcServer;
      webRtcServer.handleWebRtcTransport(this);
    }
  }

  override [closing](byApplication: boolean): void {
    if (byApplication) {
      this.#webRtcServer?.unhandleWebRtcTransport(this);
    }
  }
}
