// The same rooms on workers used one by one, where pipes are made by hand, and on one MediasoupVertical.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import * as mediasoup from 'mediasoup';
import { MediasoupVertical, getStatsFactory } from '@tureen/vertical';
import { loopback, mediaCodecs } from '../lib/payloads.mjs';

/** How long pipes without consumers may take to close, milliseconds. */
const patience = 5000;

/** What died has measured nothing. */
function mustLive(worker) {
  worker.on('died', (error) => {
    throw error;
  });
  return worker;
}

/** So many workers of mediasoup itself or of another one, with a router on each. */
export class PlainArm {
  #pipeOptions;
  #workers = [];
  #routers = [];
  /** By id of the producer and index of the worker. */
  #piped = new Map();

  constructor(name, pipeOptions) {
    this.name = name;
    this.#pipeOptions = pipeOptions;
  }

  /** @param {{ mediasoup?: object, pipe?: object }} [options] pipe: options of pipeToRouter() */
  static async open(name, workers, { mediasoup: source = mediasoup, pipe } = {}) {
    const arm = new PlainArm(name, pipe);
    for (let index = 0; index < workers; index += 1) {
      const worker = mustLive(await source.createWorker({ logLevel: 'none' }));
      arm.#workers.push(worker);
      arm.#routers.push(await worker.createRouter({ mediaCodecs }));
    }
    return arm;
  }

  get pids() {
    return this.#workers.map(({ pid }) => pid);
  }

  get pipes() {
    return this.#piped.size;
  }

  get rtpCapabilities() {
    return this.#routers[0].rtpCapabilities;
  }

  /** @param {number} [at] - Index of the worker. */
  async createTransport(options, at = 0) {
    const transport = await this.#routers[at].createPlainTransport({
      listenInfo: loopback,
      ...options,
      appData: { at },
    });
    return transport;
  }

  async produce(transport, options) {
    return transport.produce({ ...options, appData: { at: transport.appData.at } });
  }

  async consume(transport, producer, options) {
    const { at } = transport.appData;
    if (at !== producer.appData.at) await this.pipe(producer, at);
    const { rtpCapabilities } = this;
    return transport.consume({ producerId: producer.id, rtpCapabilities, ...options });
  }

  /** Makes a producer also one of another worker. */
  async pipe(producer, at) {
    const key = `${producer.id} ${at}`;
    if (this.#piped.has(key)) return;
    const { pipeConsumer } = await this.#routers[producer.appData.at].pipeToRouter({
      ...this.#pipeOptions,
      producerId: producer.id,
      router: this.#routers[at],
    });
    this.#piped.set(key, pipeConsumer);
  }

  /** Viewers leave, and what was piped for them goes with them. */
  async dismiss(viewers) {
    for (const { transport } of viewers) transport.close();
    for (const pipeConsumer of this.#piped.values()) pipeConsumer.close();
    this.#piped.clear();
  }

  close() {
    for (const worker of this.#workers) worker.close();
  }
}

/** One worker of @tureen/vertical, on as many of mediasoup or of another manager. */
export class VerticalArm {
  #stats;
  #manager;
  #router;

  constructor(name) {
    this.name = name;
  }

  /**
   * @param {object} options - Of MediasoupVertical; by default transports go where they are told.
   * @param {object} [manager] - What is below it; by default mediasoup itself.
   */
  static async open(name, options, manager) {
    const arm = new VerticalArm(name);
    if (!manager) arm.#stats = getStatsFactory(mediasoup);
    arm.#manager = new MediasoupVertical(
      manager ?? { mediasoup, getStats: () => arm.#stats.getStats() },
      // What else the machine does must not decide where transports go.
      { idlePipeTimeout: 0, watermarkNode: 100, placement: asTold, ...options },
    );
    await once(arm.#manager, 'mediasoup');
    const worker = mustLive(await arm.#manager.mediasoup.createWorker({ logLevel: 'none' }));
    arm.#router = await worker.createRouter({ mediaCodecs });
    return arm;
  }

  get #described() {
    return this.#manager.describe().workers[0];
  }

  /** Of the workers that have been needed so far. */
  get pids() {
    return this.#described.realWorkers.flatMap(({ pid }) => pid ?? []);
  }

  get pipes() {
    return this.#described.routers[0].pipes.length;
  }

  get rtpCapabilities() {
    return this.#router.rtpCapabilities;
  }

  async createTransport(options, at = 0) {
    return this.#router.createPlainTransport({
      listenInfo: loopback,
      ...options,
      appData: { at },
    });
  }

  async produce(transport, options) {
    return transport.produce(options);
  }

  async consume(transport, producer, options) {
    const { rtpCapabilities } = this;
    return transport.consume({ producerId: producer.id, rtpCapabilities, ...options });
  }

  async dismiss(viewers) {
    for (const { transport } of viewers) transport.close();
    const deadline = performance.now() + patience;
    while (this.pipes > 0 && performance.now() < deadline) await setTimeout(5);
  }

  close() {
    this.#manager.close();
    this.#stats?.close();
  }
}

function asTold({ appData }) {
  return appData.at ?? 0;
}
