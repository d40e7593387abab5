import { MediasoupHorizontal } from '@tureen/horizontal';
import type { UpstreamFlags } from '../flags/upstreamFlags.js';
import { type Below, belowOne, belowSeveral } from './Below.js';
import { Upstream, type UpstreamOptions } from './Upstream.js';

/** Dials the upstreams that the flags name: one is served as it is, several as one. */
export function connectUpstreams(
  { upstream: urls = [], hostPlacement, vertical }: UpstreamFlags & { vertical?: boolean },
  options: UpstreamOptions,
): Below {
  const upstreams = urls.map((url) => new Upstream(url, options));
  const [only] = upstreams;

  if (only && upstreams.length === 1) {
    return belowOne(only);
  }

  const horizontal = new MediasoupHorizontal(
    upstreams.map(({ client }) => client),
    {
      placement: hostPlacement ?? (vertical ? 'concentrate' : 'leastLoaded'),
      listenWorkerDied: false,
    },
  );

  horizontal.on('error', (error) => {
    options.logger.error({ err: error }, 'an upstream cannot be used');
  });

  return belowSeveral(
    horizontal,
    () => upstreams,
    () => upstreams.forEach((upstream) => upstream.close()),
  );
}
