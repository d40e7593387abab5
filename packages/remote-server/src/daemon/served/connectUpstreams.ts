import { MediasoupHorizontal } from '@tureen/horizontal';
import type { Logger } from '../../Logger.js';
import type { UpstreamFlags } from '../flags/upstreamFlags.js';
import { type Below, belowOne, belowSeveral } from './Below.js';
import { Upstream, type UpstreamOptions } from './Upstream.js';

export type ServedFlags = UpstreamFlags & { vertical?: boolean };

/** Dials the upstreams that the flags name: one is served as it is, several as one. */
export function connectUpstreams(flags: ServedFlags, options: UpstreamOptions): Below {
  const upstreams = (flags.upstream ?? []).map((url) => new Upstream(url, options));
  const [only] = upstreams;

  if (only && upstreams.length === 1) {
    return belowOne(only);
  }

  const horizontal = makeHorizontal(flags, options.logger);

  upstreams.forEach(({ client }) => horizontal.add(client));

  return belowSeveral(
    horizontal,
    () => upstreams,
    () => upstreams.forEach((upstream) => upstream.close()),
  );
}

/** Several hosts as one, of which none is known yet. */
export function makeHorizontal(
  { hostPlacement, vertical }: ServedFlags,
  logger: Logger,
): MediasoupHorizontal {
  const horizontal = new MediasoupHorizontal([], {
    // The fewer hosts one worker's rooms are on, the fewer streams pass between hosts.
    placement: hostPlacement ?? (vertical ? 'concentrate' : 'leastLoaded'),
    listenWorkerDied: false,
  });

  horizontal.on('error', (error) => logger.error({ err: error }, 'an upstream cannot be used'));

  return horizontal;
}
