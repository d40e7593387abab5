import { BacklogError } from '@tureen/remote-client';
import { expect, test } from 'vitest';
import { audioProducer, mediaCodecs, receiverCapabilities } from '../support/media.js';
import { MemoryHost } from './MemoryHost.js';

/** Unlike all others, and large: of few of them too many wait. */
const capabilities = (index: number) => ({
  ...receiverCapabilities,
  headerExtensions: [{ uri: `${index}${'x'.repeat(100_000)}` } as never],
});

test('capabilities of calls that are refused while a client is away do not cost it its session', async () => {
  const host = await MemoryHost.start({ client: { requestTimeout: 0 } });
  const worker = await host.mediasoup.createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createDirectTransport();
  const { id: producerId } = await transport.produce(audioProducer(1000));
  const died: Error[] = [];

  worker.on('died', (error) => died.push(error));
  await host.detach();

  const outcomes = Promise.allSettled(
    Array.from({ length: 300 }, (_, index) =>
      transport.consume({ producerId, rtpCapabilities: capabilities(index) }),
    ),
  );

  await host.reconnect();

  const last = (await outcomes).at(-1) as PromiseRejectedResult;

  expect(last.reason).toBeInstanceOf(BacklogError);
  expect(died).toEqual([]);
  await transport.consume({ producerId, rtpCapabilities: receiverCapabilities });
  expect(died).toEqual([]);
});
