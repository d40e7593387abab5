// Workers between which streams flow as between people: encrypted, in and out.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as mediasoup from 'mediasoup';

const listenInfo = { protocol: 'udp', ip: '127.0.0.1' };
const mediaCodecs = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
];
const payloadTypes = { audio: 100, video: 101 };
const packetSizes = { audio: 100, video: 1100 };
const secure = { enableSrtp: true, srtpCryptoSuite: 'AEAD_AES_256_GCM' };

async function connectedPair(from, to, options) {
  const create = (router) => router.createPlainTransport({ listenInfo, rtcpMux: true, ...options });
  const [a, b] = await Promise.all([from, to].map(create));
  await Promise.all([
    a.connect({ ip: '127.0.0.1', port: b.tuple.localPort, srtpParameters: b.srtpParameters }),
    b.connect({ ip: '127.0.0.1', port: a.tuple.localPort, srtpParameters: a.srtpParameters }),
  ]);
  return [a, b];
}

export class Stage {
  #workers = [];
  #sender;
  #nextSsrc = 1000;

  static async open() {
    const stage = new Stage();
    stage.#sender = fork(new URL('sender.mjs', import.meta.url));
    await once(stage.#sender, 'message');
    return stage;
  }

  /** A router on a worker of its own. */
  async router() {
    const worker = await mediasoup.createWorker({ logLevel: 'none' });
    worker.on('died', (error) => {
      throw error;
    });
    this.#workers.push(worker);
    const router = await worker.createRouter({ mediaCodecs });
    return Object.assign(router, { pid: worker.pid });
  }

  /** Streams that the sender is to send, in a router that passes them on. */
  async streams(router, kinds, rates) {
    return Promise.all(
      kinds.map(async (kind) => {
        const ssrc = this.#nextSsrc++;
        const transport = await router.createPlainTransport({ listenInfo, comedia: true });
        const [codec] = mediaCodecs.filter((each) => each.kind === kind);
        const producer = await transport.produce({
          kind,
          rtpParameters: {
            codecs: [{ ...codec, payloadType: payloadTypes[kind] }],
            encodings: [{ ssrc }],
          },
        });
        const stream = {
          kind,
          ssrc,
          payloadType: payloadTypes[kind],
          size: packetSizes[kind],
          perSecond: rates[kind],
          port: transport.tuple.localPort,
        };
        return { producer, stream };
      }),
    );
  }

  /** Carries producers from one router to another over one transport, as to or from one person. */
  async carry(from, to, producers) {
    const [out, into] = await connectedPair(from, to, secure);
    return Promise.all(
      producers.map(async (producer) => {
        const consumer = await out.consume({
          producerId: producer.id,
          rtpCapabilities: from.rtpCapabilities,
        });
        return into.produce({ kind: consumer.kind, rtpParameters: consumer.rtpParameters });
      }),
    );
  }

  send(streams) {
    this.#sender.send(streams);
  }

  close() {
    this.#workers.forEach((worker) => worker.close());
    this.#sender.disconnect();
  }
}
