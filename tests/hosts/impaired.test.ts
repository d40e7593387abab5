import { once } from 'node:events';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import type { types } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grows, until } from '../browser/waiting.js';
import type { TestBrowser } from '../support/browser.js';
import type { Daemon } from '../support/Daemon.js';
import { mediaCodecs } from '../support/media.js';
import { MediaPage } from '../support/MediaPage.js';
import { HostNetwork } from './support/HostNetwork.js';
import { TokenFile } from './support/room.js';

const TIMEOUT_MS = 90_000;
/** Not one by chance, which could have been mended by something else. */
const REPAIRS = 5;
const VIDEO = {
  width: 640,
  height: 360,
  frameRate: 25,
  codec: 'video/VP8',
  encodings: [{ maxBitrate: 1_500_000 }],
};

interface Place {
  name: string;
  daemon: Daemon;
  client: RemoteMediasoupClient;
  router: types.Router;
  pipe: types.PipeTransport;
}

/**
 * What an impaired link does, and that a pipe with SRTP and RTX mends it: by hand, so that this
 * depends on nothing that is tested elsewhere.
 */
describe('a pipe between two hosts, over a link with 40 ms and 3 % loss', () => {
  let network: HostNetwork;
  let token: TokenFile;
  let source: Place;
  let target: Place;
  const browsers: TestBrowser[] = [];

  const place = async (name: string): Promise<Place> => {
    const host = network.host(name);
    const daemon = await host.startDaemon(token.args);
    const client = new RemoteMediasoupClient(daemon.url, { token: token.token });
    await once(client, 'mediasoup');
    const worker = await client.mediasoup!.createWorker();
    const router = await worker.createRouter({ mediaCodecs });
    const pipe = await router.createPipeTransport({
      listenInfo: { protocol: 'udp', ip: host.pipeAddress! },
      enableSrtp: true,
      enableRtx: true,
    });
    return { name, daemon, client, router, pipe };
  };
  const connect = (from: Place, to: Place) =>
    from.pipe.connect({
      ip: network.host(to.name).pipeAddress!,
      port: to.pipe.tuple.localPort,
      srtpParameters: to.pipe.srtpParameters,
    });
  const visit = async (name: string, { router }: Place) => {
    const browser = await network.host(name).launchBrowser();
    browsers.push(browser);
    return MediaPage.open(browser, router);
  };

  beforeAll(async () => {
    network = await HostNetwork.create({
      mediaHosts: ['source', 'target'],
      others: ['sender', 'receiver'],
      impairment: { delay: 40, loss: 3, seed: 1 },
    });
    token = await TokenFile.create();
    [source, target] = await Promise.all([place('source'), place('target')]);
    await Promise.all([connect(source, target), connect(target, source)]);
  }, TIMEOUT_MS);

  afterAll(async () => {
    for (const browser of browsers) await browser.close();
    for (const { client, daemon } of [source, target].filter(Boolean)) {
      client.close();
      await daemon.stop();
    }
    await token?.remove();
    await network?.close();
  }, TIMEOUT_MS);

  it(
    'carries video that decodes, with what is lost sent again',
    async () => {
      const [sender, receiver] = await Promise.all([
        visit('sender', source),
        visit('receiver', target),
      ]);
      const producer = await sender.produceVideo(VIDEO);
      const pipeConsumer = await source.pipe.consume({ producerId: producer.id });
      const { kind, rtpParameters } = pipeConsumer;
      const pipeProducer = await target.pipe.produce({ id: producer.id, kind, rtpParameters });
      const consumer = await receiver.consume(pipeProducer);
      await consumer.resume();

      const frames = async () => (await receiver.videoStats(consumer)).framesDecoded;
      await grows('frames are decoded', frames);
      if (!network.impaired) return;

      await until('what was lost came by retransmission', async () => {
        const [stream] = await pipeProducer.getStats();
        return stream !== undefined && stream.packetsRepaired >= REPAIRS;
      });
      const [[sent], [received]] = await Promise.all([
        pipeConsumer.getStats(),
        pipeProducer.getStats(),
      ]);
      expect((await network.counts()).lost).toBeGreaterThanOrEqual(REPAIRS);
      expect(received!.nackCount).toBeGreaterThan(0);
      expect(sent!.packetsRetransmitted).toBeGreaterThanOrEqual(REPAIRS);
      expect(received!.rtxSsrc).toBe(rtpParameters.encodings![0]!.rtx!.ssrc);
      // Still so after all of that.
      await grows('frames are decoded', frames);
    },
    TIMEOUT_MS,
  );
});
