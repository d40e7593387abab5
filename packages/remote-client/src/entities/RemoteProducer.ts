import type { types } from 'mediasoup';
import { assertWorkerOpen } from '../assertWorkerOpen.js';
import { closing, coreOf, created } from '../Mirror.js';
import { mirrorOf } from '../mirrorOf.js';
import { RemoteRouter } from './RemoteRouter.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#Producer */
export class RemoteProducer<A extends types.AppData = types.AppData>
  extends mirrorOf<types.Producer>()('producer')
  implements types.Producer<A>
{
  declare appData: A;

  /**
   * Sends an RTP packet as if it had come from the network. Only on a DirectTransport.
   *
   * Dropped while there is no connection, as on a network that is down.
   *
   * @throws TypeError if it is not a Buffer.
   * @throws WorkerClosedError if the worker is closed.
   */
  send(rtpPacket: Buffer): void {
    if (!Buffer.isBuffer(rtpPacket)) {
      throw new TypeError('rtpPacket must be a Buffer');
    }

    const core = coreOf(this);

    assertWorkerOpen(core, 'PRODUCER_SEND');
    core.session.notifyLossy(core, 'send', [rtpPacket]);
  }

  override [created](): void {
    RemoteRouter.of(coreOf(this))?.producers.set(this.id, this);
  }

  override [closing](): void {
    const core = coreOf(this);

    // mediasoup's router goes on knowing those whose WebRtcServer closed.
    if (core.owner?.closedBy !== 'listenserverclose') {
      RemoteRouter.of(core)?.producers.delete(this.id);
    }
  }
}
