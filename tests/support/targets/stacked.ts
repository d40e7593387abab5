import { RemoteMediasoupClient } from '@tureen/remote-client';
import { Daemon } from '../Daemon.js';
import type { Target } from '../targets.js';
import { served } from './served.js';
import { allowed, startDaemon } from './ws.js';

export interface StackedOptions {
  name: string;
  /** Daemons with media. */
  upstreams: number;
  /** Of those, from 0. */
  upstreamFlags?: (index: number) => readonly string[];
  /** Of the daemon above them, which the client knows alone. */
  flags?: readonly string[];
  exceptions?: Target['exceptions'];
}

/** Two levels of daemons: a client, one that has no media of its own, and those that it serves. */
export function stacked(options: StackedOptions): Target {
  const { name, upstreams, upstreamFlags = () => [], flags = [], exceptions } = options;

  return {
    name,
    exceptions,
    start: async () => {
      const daemons: Daemon[] = [];
      const stop = async () => {
        // From above, as whoever stops all of it would.
        for (const daemon of daemons.toReversed()) {
          await daemon.stop();
        }
      };

      try {
        await Promise.all(
          Array.from({ length: upstreams }, async (_, index) => {
            daemons.push(await startDaemon(upstreamFlags(index)));
          }),
        );

        const urls = daemons.flatMap(({ url }) => ['--upstream', url]);

        daemons.push(await Daemon.start([...allowed, ...urls, ...flags]));
      } catch (error) {
        await stop();
        throw error;
      }

      return served(new RemoteMediasoupClient(daemons.at(-1)!.url), stop);
    },
  };
}
