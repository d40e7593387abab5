import { once } from 'node:events';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import type { Mediasoup, Target } from '../targets.js';
import { TcpProxy } from '../TcpProxy.js';
import { startDaemon } from './ws.js';

/**
 * As the target `ws`, with a long way between client and daemon.
 *
 * @param roundTrip - Milliseconds, half of them in each direction.
 */
export function latency(roundTrip: number): Target {
  return {
    name: `ws with a round trip of ${roundTrip} ms`,
    start: async () => {
      const daemon = await startDaemon();
      const proxy = await TcpProxy.start(daemon.url);
      const stop = async () => {
        await proxy.close();
        await daemon.stop();
      };

      proxy.delay(roundTrip / 2);

      const client = new RemoteMediasoupClient(proxy.url);

      try {
        await once(client, 'mediasoup');
      } catch (error) {
        await stop();
        throw error;
      }

      return {
        mediasoup: client.mediasoup as Mediasoup,
        stop: async () => {
          const closed = once(client, 'close');

          client.close();
          await closed;
          await stop();
        },
      };
    },
  };
}
