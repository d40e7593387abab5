import { type Mediasoup, moduleLike, placeOnHost } from '@tureen/manager';
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';

/**
 * The local mediasoup, with workers that count as being on several hosts, one after the other: pipes
 * between them are those of real hosts, though they stay on loopback.
 */
export function hostedMediasoup(hosts: readonly string[]): Mediasoup {
  let count = 0;

  return moduleLike(mediasoup, {
    observer: mediasoup.observer,
    createWorker: async <A extends types.AppData>(settings?: types.WorkerSettings<A>) => {
      const id = hosts[count % hosts.length]!;

      count += 1;

      const worker = await mediasoup.createWorker(settings);

      placeOnHost(worker, { id, pipeAddress: { ip: '127.0.0.1' } });

      return worker;
    },
  });
}
