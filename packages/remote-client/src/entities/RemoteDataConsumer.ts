import type { types } from 'mediasoup';
import { coreOf } from '../Mirror.js';
import { mirrorOf } from '../mirrorOf.js';

/** As mediasoup's own check. */
export function assertMessage(message: unknown): asserts message is string | Buffer {
  if (typeof message !== 'string' && !Buffer.isBuffer(message)) {
    throw new TypeError('message must be a string or a Buffer');
  }
}

/** https://mediasoup.org/documentation/v3/mediasoup/api/#DataConsumer */
export class RemoteDataConsumer<A extends types.AppData = types.AppData>
  extends mirrorOf<types.DataConsumer>()('dataConsumer')
  implements types.DataConsumer<A>
{
  declare appData: A;

  /** @throws TypeError (as a rejection) if the message is neither a string nor a Buffer. */
  async send(message: string | Buffer, ppid?: number): Promise<number> {
    assertMessage(message);

    const core = coreOf(this);

    return core.session.call(core, 'send', [message, ppid]) as Promise<number>;
  }
}
