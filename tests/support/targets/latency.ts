import { RemoteMediasoupClient } from '@tureen/remote-client';
import type { Target } from '../targets.js';
import { TcpProxy } from '../TcpProxy.js';
import { served } from './served.js';
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

      proxy.delay(roundTrip / 2);

      return served(new RemoteMediasoupClient(proxy.url), async () => {
        await proxy.close();
        await daemon.stop();
      });
    },
  };
}
