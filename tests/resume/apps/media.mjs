/*
 * An application that has a stream go through a daemon, from whoever sends it to a port that it is
 * given. It prints where to send, and then does nothing more.
 */
import { once } from 'node:events';
import { RemoteMediasoupClient } from '@tureen/remote-client';

const [url, sinkPort, producerOptions, rtpCapabilities] = process.argv.slice(2);
const client = new RemoteMediasoupClient(url);
const [mediasoup] = await once(client, 'mediasoup');
const worker = await mediasoup.createWorker({ logLevel: 'none' });
const router = await worker.createRouter({
  mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 }],
});
const listenInfo = { protocol: 'udp', ip: '127.0.0.1' };
const source = await router.createPlainTransport({ listenInfo, comedia: true });
const target = await router.createPlainTransport({ listenInfo });
const producer = await source.produce(JSON.parse(producerOptions));

await target.connect({ ip: '127.0.0.1', port: Number(sinkPort) });
await target.consume({
  producerId: producer.id,
  rtpCapabilities: JSON.parse(rtpCapabilities),
  enableRtx: false,
});
console.log(`${source.tuple.localPort} ${worker.pid}`);
