import type { types } from 'mediasoup';
import { closing, observerOf, type Mirror } from '../Mirror.js';
import { mirrorOf } from '../mirrorOf.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#WebRtcServer */
export class RemoteWebRtcServer<A extends types.AppData = types.AppData>
  extends mirrorOf<types.WebRtcServer>()('webRtcServer')
  implements types.WebRtcServer<A>
{
  declare appData: A;
  readonly #transports = new Set<types.WebRtcTransport>();

  /** Called by the transport's router; not for applications. */
  handleWebRtcTransport(webRtcTransport: types.WebRtcTransport): void {
    this.#transports.add(webRtcTransport);
    this.#tell('webrtctransporthandled', webRtcTransport);
  }

  /** Called by a transport that closes; not for applications. */
  unhandleWebRtcTransport(webRtcTransport: types.WebRtcTransport): void {
    if (this.#transports.delete(webRtcTransport)) {
      this.#tell('webrtctransportunhandled', webRtcTransport);
    }
  }

  override [closing](byApplication: boolean): void {
    // Otherwise the worker has gone, and the routers close their transports.
    if (byApplication) {
      for (const transport of this.#transports) {
        transport.listenServerClosed();
        this.#tell('webrtctransportunhandled', transport);
      }
    }
    this.#transports.clear();
  }

  #tell(event: string, webRtcTransport: types.WebRtcTransport): void {
    observerOf(this as unknown as Mirror)?.safeEmit(event, webRtcTransport);
  }
}
