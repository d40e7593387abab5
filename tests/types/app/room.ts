/* An application as people write it, typed by mediasoup's own declarations alone. */
import type * as mediasoupModule from 'mediasoup';
import type { types } from 'mediasoup';
import type { Either, RtpCapabilities } from 'mediasoup/types';

export type Mediasoup = typeof mediasoupModule;

interface PeerData extends types.AppData {
  name: string;
  consumers: Map<string, types.Consumer>;
}

const mediaCodecs: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000, parameters: { 'x-google': 1 } },
];

/** Everything that an application may do to the module. */
export async function open(mediasoup: Mediasoup): Promise<Room> {
  const { version, workerBin }: types.Index = mediasoup;

  mediasoup.observer.on('newworker', (worker: types.Worker) => worker.observer.on('close', log));
  mediasoup.setLogEventListeners({ onerror: (namespace, text, error) => log(namespace, error) });
  log(version.length, workerBin.length);

  const settings: types.WorkerSettings<{ index: number }> = {
    logLevel: 'warn' satisfies types.WorkerLogLevel,
    appData: { index: 1 },
  };
  const worker = await mediasoup.createWorker(settings);
  const index: number = worker.appData.index;

  // @ts-expect-error Application data has a type.
  worker.appData.missing.toString();
  worker.on('died', (error) => log(error.message, index));

  const server = await worker.createWebRtcServer({
    listenInfos: [{ protocol: 'udp', ip: '0.0.0.0', announcedAddress: 'example.com' }],
  });

  return new Room(mediasoup, await worker.createRouter({ mediaCodecs }), server);
}

export class Room {
  readonly #transports = new Map<string, types.WebRtcTransport<PeerData>>();

  constructor(
    readonly mediasoup: Mediasoup,
    readonly router: types.Router,
    readonly webRtcServer: types.WebRtcServer,
  ) {
    router.observer.on('newtransport', (transport) => log(transport.id, transport.type));
  }

  async join(name: string): Promise<types.IceParameters> {
    const transport = await this.router.createWebRtcTransport<PeerData>({
      webRtcServer: this.webRtcServer,
      enableSctp: true,
      appData: { name, consumers: new Map() },
    });

    transport.on('dtlsstatechange', (state) => state === 'closed' && transport.close());
    transport.observer.on('newproducer', ({ kind }) => log(kind));
    this.#transports.set(name, transport);

    // @ts-expect-error There is no such state.
    log(transport.iceState === 'frozen');

    return transport.iceParameters;
  }

  async publish(name: string, options: types.ProducerOptions): Promise<types.Producer> {
    const producer = await this.#transport(name).produce(options);

    producer.on('score', ([first]) => log(first?.score.toFixed()));
    producer.on('trace', (trace) => trace.type === 'keyframe' && log(trace.info));
    // @ts-expect-error There is no such event.
    producer.on('scores', log);

    return producer;
  }

  async watch(name: string, producer: types.Producer, rtpCapabilities: RtpCapabilities) {
    const { ortc, errors } = this.mediasoup;

    if (
      !this.router.canConsume({ producerId: producer.id, rtpCapabilities }) ||
      !ortc.canConsume(producer.consumableRtpParameters, rtpCapabilities)
    ) {
      throw new errors.UnsupportedError('nothing in common');
    }

    try {
      const consumer: types.Consumer = await this.#transport(name).consume({
        producerId: producer.id,
        rtpCapabilities,
        paused: true,
      });

      consumer.once('layerschange', (layers) => log(layers?.spatialLayer.toFixed()));
      await consumer.setPreferredLayers({ spatialLayer: 1 });
      this.#transport(name).appData.consumers.set(consumer.id, consumer);

      return consumer;
    } catch (error) {
      if (error instanceof errors.NotFoundError) log(error.message);
      throw error;
    }
  }

  async observe(producer: types.Producer): Promise<types.RtpObserver[]> {
    const levels = await this.router.createAudioLevelObserver({ interval: 800 });
    const speaker: types.ActiveSpeakerObserver = await this.router.createActiveSpeakerObserver();

    levels.on('volumes', ([loudest]) => log(loudest?.producer.id, loudest?.volume));
    speaker.on('dominantspeaker', ({ producer: dominant }) => log(dominant.id));
    await levels.addProducer({ producerId: producer.id });

    return [levels, speaker];
  }

  async record(producer: types.Producer, other: types.Router): Promise<types.Transport[]> {
    const direct = await this.router.createDirectTransport({ maxSendMessageSize: 1024 });
    const plain: types.PlainTransport = await this.router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    });
    const data = await direct.produceData({ label: 'chat' });
    const { pipeProducer } = await this.router.pipeToRouter({
      producerId: producer.id,
      router: other,
    });
    const consumer = await direct.consumeData({ dataProducerId: data.id });

    consumer.on('message', (message: Buffer, ppid: number) => log(message.length, ppid));
    data.send('text');
    log(pipeProducer?.id, (await plain.getStats())[0]?.bytesSent);

    return [direct, plain];
  }

  #transport(name: string): types.WebRtcTransport<PeerData> {
    const transport = this.#transports.get(name);

    if (!transport) throw new this.mediasoup.errors.NotFoundError(name);

    return transport;
  }
}

/** Types that are for use apart from the API. */
export type OneOf = Either<{ webRtcServer: types.WebRtcServer }, { listenIp: string }>;
export const modes: types.ScalabilityMode[] = [];

function log(...what: unknown[]): void {
  console.log(...what);
}
