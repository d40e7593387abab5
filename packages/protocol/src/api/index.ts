import { createHash } from 'node:crypto';
import { activeSpeakerObserver } from './activeSpeakerObserver.js';
import { audioLevelObserver } from './audioLevelObserver.js';
import { consumer } from './consumer.js';
import { dataConsumer } from './dataConsumer.js';
import { dataProducer } from './dataProducer.js';
import { directTransport } from './directTransport.js';
import { mediasoup } from './mediasoup.js';
import { pipeTransport } from './pipeTransport.js';
import { plainTransport } from './plainTransport.js';
import { producer } from './producer.js';
import { router } from './router.js';
import type { Kind, Row } from './Shape.js';
import { webRtcServer } from './webRtcServer.js';
import { webRtcTransport } from './webRtcTransport.js';
import { worker } from './worker.js';

/** The whole API, one row per kind. */
export const api = {
  mediasoup,
  worker,
  webRtcServer,
  router,
  webRtcTransport,
  plainTransport,
  pipeTransport,
  directTransport,
  activeSpeakerObserver,
  audioLevelObserver,
  producer,
  consumer,
  dataProducer,
  dataConsumer,
} as const;

/** The same table for code that walks rows without caring which. */
export const rows: Readonly<Record<Kind, Row>> = api;

/** Version of mediasoup that the table describes. */
export const apiVersion = '3.27.1';

/**
 * Fingerprint of the table. Two ends whose fingerprints differ would misread each other, so the
 * handshake refuses them.
 */
export const apiFingerprint = createHash('sha256')
  .update(JSON.stringify(api))
  .digest('hex')
  .slice(0, 16);

export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(rows, kind);
}

/** Kind of the object that a call creates, or undefined for every other call. */
export function childKind(call: string): Exclude<Kind, 'mediasoup'> | undefined {
  const kind = call.startsWith('child:') ? call.slice('child:'.length) : '';

  return isKind(kind) && kind !== 'mediasoup' ? kind : undefined;
}
