import { MediasoupVertical } from '@tureen/vertical';
import * as mediasoup from 'mediasoup';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { audioProducer, receiverCapabilities } from '../support/media.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { verticalRoom } from './support/verticalRoom.js';

describe('options', () => {
  afterAll(noWorkersLeft);

  test('that cannot be meant leave nothing that goes on', () => {
    const getStats = vi.fn();

    expect(
      () => new MediasoupVertical({ mediasoup, getStats }, { placement: 'nowhere' as never }),
    ).toThrow(TypeError);
    expect(getStats).not.toHaveBeenCalled();
  });

  test('of pipes replace those that they name, and no others', async () => {
    const room = await verticalRoom({ pipe: { enableSrtp: true, listenInfo: undefined } });
    const source = await room.router.createDirectTransport();
    const sink = await room.router.createDirectTransport();
    const { id } = await source.produce(audioProducer(1111));

    await sink.consume({ producerId: id, rtpCapabilities: receiverCapabilities });

    const pipes = room.described().realRouters.flatMap((real) => room.pipesOf(real.id));

    expect(pipes).toHaveLength(2);
    for (const { tuple, srtpParameters } of pipes) {
      expect(tuple.localAddress).toBe('127.0.0.1');
      expect(srtpParameters).toBeDefined();
    }
  });
});
