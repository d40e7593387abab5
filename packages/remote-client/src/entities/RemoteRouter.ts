import { pipeToRouter } from '@tureen/manager';
import { clone } from '@tureen/protocol';
import type { types } from 'mediasoup';
import type { Core } from '../Core.js';
import { errors, ortc } from '../library.js';
import { loggerOf } from '../loggers.js';
import { closing, coreOf } from '../Mirror.js';
import { mirrorOf } from '../mirrorOf.js';

/** What a router knows of its transports' producers. */
export interface KnownProducers {
  readonly producers: Map<string, types.Producer>;
  readonly dataProducers: Map<string, types.DataProducer>;
}

/** https://mediasoup.org/documentation/v3/mediasoup/api/#Router */
export class RemoteRouter<A extends types.AppData = types.AppData>
  extends mirrorOf<types.Router>()('router')
  implements types.Router<A>
{
  declare appData: A;
  readonly #known: KnownProducers = { producers: new Map(), dataProducers: new Map() };

  /** The producers of the router above an object. */
  static of(core: Core | undefined): KnownProducers | undefined {
    return core && (core.mirror instanceof RemoteRouter ? core.mirror.#known : this.of(core.owner));
  }

  /** Also of those that came into being on transports that had closed meanwhile. */
  override [closing](): void {
    this.#known.producers.clear();
    this.#known.dataProducers.clear();
  }

  /** Computed here, at once: whether the producer is known and the capabilities match it. */
  canConsume({
    producerId,
    rtpCapabilities,
  }: {
    producerId: string;
    rtpCapabilities: types.RtpCapabilities;
  }): boolean {
    const producer = this.#known.producers.get(producerId);
    const logger = loggerOf('router');

    if (!producer) {
      logger.error(`canConsume() | Producer with id "${producerId}" not found`);

      return false;
    }
    try {
      return ortc.canConsume(producer.consumableRtpParameters, clone(rtpCapabilities));
    } catch (error) {
      logger.error(`canConsume() | unexpected error: ${String(error)}`);

      return false;
    }
  }

  /**
   * Takes effect here at once, and on the server before any later call.
   *
   * @throws As mediasoup's, for codecs that it does not support.
   */
  updateMediaCodecs(mediaCodecs: types.RouterRtpCodecCapability[]): void {
    loggerOf('router').debug('updateMediaCodecs()');

    const core = coreOf(this);

    core.state['rtpCapabilities'] = ortc.generateRouterRtpCapabilities(clone(mediaCodecs));
    core.session.notify(core, 'updateMediaCodecs', [mediaCodecs]);
  }

  /** https://mediasoup.org/documentation/v3/mediasoup/api/#router-pipeToRouter */
  async pipeToRouter(options: types.PipeToRouterOptions): Promise<types.PipeToRouterResult> {
    loggerOf('router').debug('pipeToRouter()');

    return pipeToRouter(this, options, {
      known: this.#known,
      NotFoundError: errors.NotFoundError,
      logError: (message, error) => loggerOf('router').error(message, error),
      // Each call has its own limit.
      timeout: 0,
    });
  }
}
