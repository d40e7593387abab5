import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import type { types } from 'mediasoup';
import type { types as clientTypes } from 'mediasoup-client';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { TestBrowser } from './browser.js';
import { loopback } from './media.js';
import type { MediaPageApi, Request, Requests, VideoOptions } from './pages/api.js';

/** Never asked for: the browser gets the page from us. A secure context, as cameras need one. */
const PAGE_URL = 'http://localhost/';
const ENTRY = fileURLToPath(new URL('pages/main.ts', import.meta.url));

/** Enough for all layers of a test's video at once: no test waits for a bandwidth estimation. */
const BITRATE = 10_000_000;

type Direction = 'send' | 'receive';

type Handlers = {
  [Method in keyof Requests]: (
    ...[data]: Parameters<Requests[Method]>
  ) => Promise<ReturnType<Requests[Method]>>;
};

let bundle: Promise<string> | undefined;

/** Bundles the page, once. */
async function html(): Promise<string> {
  bundle ??= buildPage();

  return `<!doctype html><title>media</title><script type="module">${await bundle}</script>`;
}

async function buildPage(): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });

  await esbuild.stop();

  return outputFiles[0]!.text.replaceAll('</script', '<\\/script');
}

/** A page with mediasoup-client whose transports are in a router, and the server's side of it. */
export class MediaPage {
  readonly #transports = new Map<Direction, types.WebRtcTransport>();
  readonly #producers = new Map<string, types.Producer>();
  readonly #dataProducers = new Map<string, types.DataProducer>();
  #capabilities: types.RtpCapabilities | undefined;

  private constructor(
    readonly page: Page,
    readonly router: types.Router,
  ) {}

  /** Opens one that is closed when the test is over. */
  static async open(browser: TestBrowser, router: types.Router): Promise<MediaPage> {
    const page = await browser.newPage();
    const mediaPage = new MediaPage(page, router);

    onTestFinished(() => page.close());
    await page.route(PAGE_URL, async (route) =>
      route.fulfill({ contentType: 'text/html', body: await html() }),
    );
    await page.exposeFunction('request', mediaPage.#answer);
    await page.goto(PAGE_URL);
    mediaPage.#capabilities = (await mediaPage.#call(
      'load',
      router.rtpCapabilities as clientTypes.RtpCapabilities,
    )) as types.RtpCapabilities;

    return mediaPage;
  }

  /** The server's end of one of the page's transports, which is made when first asked for. */
  async transport(direction: Direction): Promise<types.WebRtcTransport> {
    const existing = this.#transports.get(direction);

    if (existing) return existing;

    const transport = await this.router.createWebRtcTransport({
      listenInfos: [loopback],
      enableSctp: true,
      initialAvailableOutgoingBitrate: BITRATE,
    });

    this.#transports.set(direction, transport);
    await transport.setMinOutgoingBitrate(BITRATE);
    await this.#call('createTransport', direction, {
      id: transport.id,
      iceParameters: transport.iceParameters,
      iceCandidates: transport.iceCandidates,
      dtlsParameters: transport.dtlsParameters,
      sctpParameters: transport.sctpParameters,
    } as clientTypes.TransportOptions);

    return transport;
  }

  /** @returns The server's side of an open channel to it. */
  async produceData(options: clientTypes.DataProducerOptions = {}): Promise<types.DataProducer> {
    await this.transport('send');

    return this.#dataProducers.get(await this.#call('produceData', options))!;
  }

  /** Resolves when the browser has taken all of them. */
  send(dataProducer: types.DataProducer, messages: Parameters<MediaPageApi['send']>[1]) {
    return this.#call('send', dataProducer.id, messages);
  }

  /** Resolves when the page is ready for messages. */
  async consumeData(options: types.DataConsumerOptions): Promise<types.DataConsumer> {
    const transport = await this.transport('receive');
    const dataConsumer = await transport.consumeData(options);
    const { id, dataProducerId, sctpStreamParameters, label, protocol } = dataConsumer;

    await this.#call('consumeData', {
      id,
      dataProducerId,
      sctpStreamParameters: sctpStreamParameters!,
      label,
      protocol,
    });

    return dataConsumer;
  }

  /** All messages that have arrived so far. */
  received(dataConsumer: types.DataConsumer) {
    return this.#call('received', dataConsumer.id);
  }

  /** Sends the fake camera. */
  async produceVideo(options: VideoOptions): Promise<types.Producer> {
    await this.transport('send');

    return this.#producers.get(await this.#call('produceVideo', options))!;
  }

  /** Has the browser send no higher layer than this. */
  setMaxSpatialLayer(producer: types.Producer, spatialLayer: number) {
    return this.#call('setMaxSpatialLayer', producer.id, spatialLayer);
  }

  /** Widths of the pictures that are being sent, from small to large. */
  sentWidths(producer: types.Producer) {
    return this.#call('sentWidths', producer.id);
  }

  /**
   * Makes a consumer, paused, that the page knows of.
   *
   * @param preferredLayers - Default: the highest.
   */
  async consume(
    producer: types.Producer,
    preferredLayers?: types.ConsumerLayers,
  ): Promise<types.Consumer> {
    const consumer = await (
      await this.transport('receive')
    ).consume({
      producerId: producer.id,
      rtpCapabilities: this.#capabilities!,
      paused: true,
      preferredLayers,
    });
    const { id, kind, rtpParameters } = consumer;

    await this.#call('consume', {
      id,
      producerId: producer.id,
      kind,
      rtpParameters: rtpParameters as clientTypes.RtpParameters,
    });

    return consumer;
  }

  /** What the receiving browser decodes. */
  videoStats(consumer: types.Consumer) {
    return this.#call('videoStats', consumer.id);
  }

  #call<Method extends keyof MediaPageApi>(
    method: Method,
    ...parameters: Parameters<MediaPageApi[Method]>
  ): Promise<Awaited<ReturnType<MediaPageApi[Method]>>> {
    return this.page.evaluate(
      ([name, values]) =>
        (globalThis as unknown as { media: Record<string, (...all: unknown[]) => unknown> }).media[
          name
        ]!(...values),
      [method, parameters] as [string, unknown[]],
    ) as Promise<Awaited<ReturnType<MediaPageApi[Method]>>>;
  }

  #answer: Request = (method, data) => this.#handlers[method](data as never);

  #handlers: Handlers = {
    connect: async ({ transportId, dtlsParameters }) => {
      const transport = [...this.#transports.values()].find(({ id }) => id === transportId)!;

      await transport.connect({ dtlsParameters: dtlsParameters as types.DtlsParameters });
    },
    produce: async ({ kind, rtpParameters }) => {
      const transport = await this.transport('send');
      const producer = await transport.produce({
        kind,
        rtpParameters: rtpParameters as types.RtpParameters,
      });

      this.#producers.set(producer.id, producer);

      return { id: producer.id };
    },
    produceData: async (options) => {
      const transport = await this.transport('send');
      const dataProducer = await transport.produceData(options as types.DataProducerOptions);

      this.#dataProducers.set(dataProducer.id, dataProducer);

      return { id: dataProducer.id };
    },
  };
}
