import { setTimeout } from 'node:timers/promises';
import type { Kind } from '@tureen/protocol';
import type { types } from 'mediasoup';
import { Histogram, type Registry } from 'prom-client';
import type { RemoteServer } from '../RemoteServer.js';

const transportKinds: ReadonlySet<Kind> = new Set([
  'webRtcTransport',
  'plainTransport',
  'pipeTransport',
]);
/** Transports asked at each look: enough for a share of them, few enough to cost nothing. */
const sampleSize = 32;
/** Milliseconds that a transport may take to say. */
const timeout = 1000;

type Transport = types.WebRtcTransport | types.PlainTransport | types.PipeTransport;

/**
 * Shows how many packets get lost between transports and their other ends, as mediasoup measures
 * it where both speak of it (transport-cc). At each look some transports are asked, chosen by lot.
 */
export function watchLoss(registry: Registry, server: RemoteServer): void {
  new Histogram({
    name: 'tureen_packet_loss_ratio',
    help: 'Share of RTP packets lost on their way, of transports chosen by lot at each look',
    labelNames: ['direction'],
    buckets: [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
    registers: [registry],
    async collect() {
      const transports = sample(server.objects(transportKinds), sampleSize) as unknown[];
      const losses = await Promise.all(transports.map((each) => lossOf(each as Transport)));

      for (const { received, sent } of losses) {
        if (received !== undefined) this.observe({ direction: 'received' }, received);
        if (sent !== undefined) this.observe({ direction: 'sent' }, sent);
      }
    },
  });
}

interface Loss {
  received?: number;
  sent?: number;
}

/** Nothing of a transport that closes meanwhile, or does not answer in time. */
async function lossOf(transport: Transport): Promise<Loss> {
  const tooLate = new AbortController();

  try {
    const [stats] =
      (await Promise.race([
        transport.getStats(),
        setTimeout(timeout, undefined, { signal: tooLate.signal }),
      ])) ?? [];

    return { received: stats?.rtpPacketLossReceived, sent: stats?.rtpPacketLossSent };
  } catch {
    return {};
  } finally {
    tooLate.abort();
  }
}

/** As many of them, each with the same chance. */
function sample<T>(items: Iterable<T>, size: number): T[] {
  const chosen: T[] = [];
  let seen = 0;

  for (const item of items) {
    seen += 1;
    if (chosen.length < size) {
      chosen.push(item);
    } else {
      const place = Math.floor(Math.random() * seen);

      if (place < size) {
        chosen[place] = item;
      }
    }
  }

  return chosen;
}
