import type { types } from 'mediasoup';
import { assertWorkerOpen } from '../assertWorkerOpen.js';
import { closing, coreOf, created } from '../Mirror.js';
import { mirrorOf } from '../mirrorOf.js';
import { assertMessage } from './RemoteDataConsumer.js';
import { RemoteRouter } from './RemoteRouter.js';

/** https://mediasoup.org/documentation/v3/mediasoup/api/#DataProducer */
export class RemoteDataProducer<A extends types.AppData = types.AppData>
  extends mirrorOf<types.DataProducer>()('dataProducer')
  implements types.DataProducer<A>
{
  declare appData: A;

  /**
   * Sends a message as if it had come from the network. Only on a DirectTransport.
   *
   * @param ppid - SCTP payload protocol identifier (RFC 8831). Default by type and length.
   * @throws TypeError if the message is neither a string nor a Buffer.
   * @throws WorkerClosedError if the worker is closed.
   * @throws BacklogError if too much waits for the server already; nothing was sent.
   */
  send(
    message: string | Buffer,
    ppid?: number,
    subchannels?: number[],
    requiredSubchannel?: number,
    ignoredSubchannel?: number,
  ): void {
    assertMessage(message);

    const core = coreOf(this);

    assertWorkerOpen(core, 'DATAPRODUCER_SEND');
    core.session.notifyReliably(core, 'send', [
      message,
      ppid,
      subchannels,
      requiredSubchannel,
      ignoredSubchannel,
    ]);
  }

  override [created](): void {
    RemoteRouter.of(coreOf(this))?.dataProducers.set(this.id, this);
  }

  override [closing](): void {
    const core = coreOf(this);

    // mediasoup's router goes on knowing those whose WebRtcServer closed.
    if (core.owner?.closedBy !== 'listenserverclose') {
      RemoteRouter.of(core)?.dataProducers.delete(this.id);
    }
  }
}
