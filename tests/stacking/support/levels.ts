import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import type { ObservedClient } from '../../faults/support/clients.js';
import { ObservedDaemon } from '../../faults/support/ObservedDaemon.js';
import { healthOf } from '../../security/support/attempts.js';
import { until } from '../../support/events.js';
import { audioProducer, mediaCodecs } from '../../support/media.js';
import { consume, plainReceiver, plainSender } from '../../support/plain.js';
import { AudioStream, type UdpPeer } from '../../support/rtp.js';
import { TcpProxy } from '../../support/TcpProxy.js';

export const withHealth = ['--health-port', '0'];

/** A daemon that passes everything on to those. It ends before they do. */
export function startAbove(
  urls: readonly string[],
  flags: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<ObservedDaemon> {
  const upstreams = urls.flatMap((url) => ['--upstream', url]);

  return ObservedDaemon.start([...withHealth, ...upstreams, ...flags], environment);
}

/** A connection that a test can cut. It is closed when the test is over. */
export async function startThrough(url: string): Promise<TcpProxy> {
  const way = await TcpProxy.start(url);

  onTestFinished(() => way.close());

  return way;
}

export async function readiness(daemon: ObservedDaemon): Promise<[number, string]> {
  const response = await fetch(`${healthOf(daemon)}/readyz`);

  return [response.status, await response.text()];
}

export interface Room {
  worker: types.Worker;
  router: types.Router;
  consumer: types.Consumer;
  /** Where the media comes out. */
  sink: UdpPeer;
}

/** A room through which media flows. */
export async function openRoom(
  mediasoup: { createWorker(): Promise<types.Worker> },
  ssrc = 5555,
): Promise<Room> {
  const worker = await mediasoup.createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const sender = await plainSender(router);
  const receiver = await plainReceiver(router);
  const producer = await sender.transport.produce(audioProducer(ssrc));
  const consumer = await consume(receiver.transport, producer);

  new AudioStream(ssrc, sender.send).start();
  await until('media', () => receiver.peer.rtp.length > 0);

  return { worker, router, consumer, sink: receiver.peer };
}

/** Resolves when more has come out of the room than by now. */
export async function flowing({ sink }: Room): Promise<void> {
  const { length } = sink.rtp;

  await until('more media', () => sink.rtp.length > length + 10);
}

/** Resolves when that many upstreams can be given workers. */
export async function usable(
  { client }: Pick<ObservedClient, 'client'>,
  count: number,
): Promise<void> {
  await until(`${count} usable upstreams`, async () => {
    const { hosts = [] } = await client.getStats();

    return hosts.filter((host) => host.usable).length === count;
  });
}
