import type { types } from 'mediasoup';
import { assertWorkerOpen } from '../assertWorkerOpen.js';
import { coreOf } from '../Mirror.js';
import { mirrorOf } from '../mirrorOf.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#DirectTransport */
export class RemoteDirectTransport<A extends types.AppData = types.AppData>
  extends mirrorOf<types.DirectTransport>()('directTransport')
  implements types.DirectTransport<A>
{
  declare appData: A;

  /**
   * Sends an RTCP packet as if it had come from the network.
   *
   * Dropped while there is no connection, as on a network that is down.
   *
   * @throws TypeError if it is not a Buffer.
   * @throws WorkerClosedError if the worker is closed.
   */
  sendRtcp(rtcpPacket: Buffer): void {
    if (!Buffer.isBuffer(rtcpPacket)) {
      throw new TypeError('rtcpPacket must be a Buffer');
    }

    const core = coreOf(this);

    assertWorkerOpen(core, 'TRANSPORT_SEND_RTCP');
    core.session.notifyLossy(core, 'sendRtcp', [rtcpPacket]);
  }
}
