import { setTimeout } from 'node:timers/promises';
import { type Mediasoup, moduleLike, override } from '@tureen/manager';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import { afterAll, describe, expect, test } from 'vitest';
import { audioProducer, loopback, mediaCodecs } from '../support/media.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { verticalRoom } from './support/verticalRoom.js';

afterAll(noWorkersLeft);

/** Looked at every 20 ms, what is not used is closed at once. */
const atOnce = { idleWorkerTimeout: 0, idlePipeTimeout: 0 };

/** Long enough for several such looks: their timers were there before. */
async function severalLooks(): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    await setTimeout(20);
  }
}

/** The local mediasoup, as slow as one that is far away. */
function slow(method: 'createRouter' | 'createWebRtcServer' | 'createPipeTransport'): Mediasoup {
  const late = <T extends object>(object: T) =>
    override(object, method as never, async (original, ...args: unknown[]) => {
      await severalLooks();

      return original(...args) as unknown;
    });

  return moduleLike(mediasoup, {
    observer: mediasoup.observer,
    createWorker: async <A extends types.AppData>(settings?: types.WorkerSettings<A>) => {
      const worker = await mediasoup.createWorker(settings);

      if (method === 'createPipeTransport') {
        worker.observer.on('newrouter', late);
      } else {
        late(worker);
      }

      return worker;
    },
  });
}

describe('what is about to be used does not count as idle', () => {
  test('a real worker, while a router is being made on it', async () => {
    const { router, described } = await verticalRoom(atOnce, slow('createRouter'));
    const transports = [await router.createDirectTransport(), await router.createDirectTransport()];

    expect(transports.map(({ closed }) => closed)).toEqual([false, false]);
    expect(
      described()
        .realRouters.map(({ worker }) => worker)
        .sort(),
    ).toEqual([0, 1]);
  });

  test('a real worker, while a server is being made on it', async () => {
    const { worker, router } = await verticalRoom(atOnce, slow('createWebRtcServer'));
    const webRtcServer = await worker.createWebRtcServer({ listenInfos: [loopback] });
    const transports = [
      await router.createWebRtcTransport({ webRtcServer }),
      await router.createWebRtcTransport({ webRtcServer }),
    ];

    expect(transports.map(({ closed }) => closed)).toEqual([false, false]);
    expect(webRtcServer.closed).toBe(false);
  });

  test('a real router, while a pipe to it is being made', async () => {
    const { worker, router } = await verticalRoom(
      { ...atOnce, placement: 'concentrate' },
      slow('createPipeTransport'),
    );
    const other = await worker.createRouter({
      mediaCodecs,
    });

    // So that it is not the only one of its real routers that is left.
    await other.createDirectTransport();

    const transport = await router.createPlainTransport({ listenInfo: loopback });
    const producer = await transport.produce(audioProducer(4711));
    const { pipeProducer } = await router.pipeToRouter({ producerId: producer.id, router: other });

    expect(pipeProducer!.closed).toBe(false);
    expect(
      other.canConsume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities }),
    ).toBe(true);
  });
});
