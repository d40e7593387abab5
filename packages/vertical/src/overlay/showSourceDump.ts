import { override } from '@tureen/manager';
import type { types } from 'mediasoup';

/** A copy has streams of its own; dumps of its consumers name those of the original. */
export function showSourceDump(consumer: types.Consumer, producer: types.Producer): void {
  override(consumer, 'dump', async (dump) => {
    const own = (await dump()) as types.ConsumerDump;
    const { encodings } = producer.consumableRtpParameters;

    return {
      ...own,
      consumableRtpEncodings: own.consumableRtpEncodings?.map((encoding, index) => ({
        ...encoding,
        ssrc: encodings?.[index]?.ssrc ?? encoding.ssrc,
      })),
    };
  });
}
