import type { types } from 'mediasoup';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryHost } from '../resume/MemoryHost.js';
import {
  audioProducer,
  loopback,
  mediaCodecs,
  receiverCapabilities,
  videoProducer,
} from '../support/media.js';

/*
 * Applications pass on what browsers said of themselves. Whatever that is, it is answered to the call
 * that has it: the session, and with it all other rooms of the application, goes on.
 */
describe('what an application passes on', () => {
  let transport: types.WebRtcTransport;
  let producerId: string;
  const deaths: Error[] = [];

  beforeEach(async () => {
    const host = await MemoryHost.start();
    const worker = await host.mediasoup.createWorker();
    const router = await worker.createRouter({ mediaCodecs });

    deaths.length = 0;
    worker.on('died', (error) => deaths.push(error));
    transport = await router.createWebRtcTransport({ listenInfos: [loopback] });
    producerId = (await transport.produce(audioProducer(1000))).id;
  });

  const list = (length: number) => Array<number>(length).fill(1);
  const lists = [list(90_000), list(90_000), list(90_000), list(90_000)];

  const unharmed = async () => {
    await transport.consume({ producerId, rtpCapabilities: receiverCapabilities });
    await transport.dump();
    expect(deaths).toEqual([]);
  };

  test.each<[string, object]>([
    ['a misleading name', { length: 7 }],
    ['far too many values', { headerExtensions: list(30_000) }],
    ['far too much text', { headerExtensions: [{ uri: 'x'.repeat(2 ** 20 + 1) }] }],
    ['more values than fit in a frame', { headerExtensions: lists }],
    ['more than fits in a message', { headerExtensions: [{ uri: 'x'.repeat(5 * 2 ** 20) }] }],
  ])('capabilities with %s are refused, as often as they come', async (_what, odd) => {
    const rtpCapabilities = { ...receiverCapabilities, ...odd };

    for (let times = 0; times < 3; times += 1) {
      await expect(transport.consume({ producerId, rtpCapabilities })).rejects.toThrow(
        /must not have|too large|too big/,
      );
    }
    await unharmed();
  });

  test('parameters with more values than fit in a frame are refused', async () => {
    const options = videoProducer(2000);
    const rtpParameters = { ...options.rtpParameters, headerExtensions: lists as never };

    await expect(transport.produce({ ...options, rtpParameters })).rejects.toThrow(
      'request too big [method:produce]',
    );
    await unharmed();
  });
});

test('addresses, however many, fill neither memory nor log', async () => {
  const asked: string[] = [];
  const ignore = () => undefined;
  const host = await MemoryHost.start({
    announcedAddress: 'media.example.com',
    logger: {
      ...{ debug: ignore, warn: ignore, error: ignore },
      info: (details) => asked.push((details as { asked?: string }).asked ?? ''),
    },
  });
  const worker = await host.mediasoup.createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const addresses = Array.from({ length: 2000 }, (_, index) => `${index}${'.'.repeat(100)}`);

  asked.length = 0;
  await expect(router.createWebRtcTransport({ listenIps: addresses })).rejects.toThrow();
  expect(asked.length).toBe(100);
  expect(Math.max(...asked.map(({ length }) => length))).toBeLessThan(110);
  await expect(worker.dump()).resolves.toMatchObject({ pid: worker.pid });
});
