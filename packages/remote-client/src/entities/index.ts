import type { Kind } from '@tureen/protocol';
import type { Core } from '../Core.js';
import type { Mirror } from '../Mirror.js';
import { RemoteActiveSpeakerObserver } from './RemoteActiveSpeakerObserver.js';
import { RemoteAudioLevelObserver } from './RemoteAudioLevelObserver.js';
import { RemoteConsumer } from './RemoteConsumer.js';
import { RemoteDataConsumer } from './RemoteDataConsumer.js';
import { RemoteDataProducer } from './RemoteDataProducer.js';
import { RemoteDirectTransport } from './RemoteDirectTransport.js';
import { RemotePipeTransport } from './RemotePipeTransport.js';
import { RemotePlainTransport } from './RemotePlainTransport.js';
import { RemoteProducer } from './RemoteProducer.js';
import { RemoteRouter } from './RemoteRouter.js';
import { RemoteWebRtcServer } from './RemoteWebRtcServer.js';
import { RemoteWebRtcTransport } from './RemoteWebRtcTransport.js';
import { RemoteWorker } from './RemoteWorker.js';

const classes = {
  worker: RemoteWorker,
  webRtcServer: RemoteWebRtcServer,
  router: RemoteRouter,
  webRtcTransport: RemoteWebRtcTransport,
  plainTransport: RemotePlainTransport,
  pipeTransport: RemotePipeTransport,
  directTransport: RemoteDirectTransport,
  producer: RemoteProducer,
  consumer: RemoteConsumer,
  dataProducer: RemoteDataProducer,
  dataConsumer: RemoteDataConsumer,
  activeSpeakerObserver: RemoteActiveSpeakerObserver,
  audioLevelObserver: RemoteAudioLevelObserver,
} satisfies Record<Exclude<Kind, 'mediasoup'>, new (core: Core) => unknown>;

/** A new object of the class for that kind. */
export function build(kind: Exclude<Kind, 'mediasoup'>, core: Core): Mirror {
  return new classes[kind](core) as unknown as Mirror;
}
