import type { HostManager } from '@tureen/horizontal';
import type { RemoteMediasoupClient } from '@tureen/remote-client';
import { ConfigurationError } from '../../errors.js';
import { readRedisSecrets, type RedisSecrets } from '../registration/redisSecrets.js';
import { type Below, belowSeveral } from './Below.js';
import { makeHorizontal, type ServedFlags } from './connectUpstreams.js';
import { Upstream, type UpstreamOptions } from './Upstream.js';

/**
 * Serves as one whatever hosts can be found, and follows as they come and go.
 *
 * @throws ConfigurationError for a URL that names no way to find hosts.
 */
export async function connectDiscovered(
  url: string,
  flags: ServedFlags,
  options: UpstreamOptions,
): Promise<Below> {
  const { followDiscovery } = await import('@tureen/discovery');
  const discovery = await discoveryOf(url, readRedisSecrets(flags));
  const horizontal = makeHorizontal(flags, options.logger);
  const upstreams = new Map<RemoteMediasoupClient, Upstream>();
  const follower = followDiscovery<HostManager, RemoteMediasoupClient>(
    horizontal,
    discovery,
    (host) => {
      const upstream = new Upstream(host.url, options);

      upstreams.set(upstream.client, upstream);

      return upstream.client;
    },
  );
  const { logger } = options;

  follower.on('closed', (client) => {
    upstreams.get(client)?.close();
    upstreams.delete(client);
  });
  follower.on('added', (_, host) => logger.info({ upstream: host.url }, 'upstream found'));
  follower.on('leaving', (_, host) => logger.info({ upstream: host.url }, 'upstream has gone'));
  follower.on('error', (error, host) =>
    logger.error({ err: error, upstream: host.url }, 'upstream'),
  );
  discovery.on('error', (error) => logger.warn({ err: error }, 'trouble with discovery'));
  discovery.on('recovered', () => logger.info({}, 'discovery goes on'));
  // Fails only if it is closed before it has begun.
  discovery.start().catch(() => undefined);

  return belowSeveral(
    horizontal,
    () => [...upstreams.values()],
    () => {
      follower.close();
      void discovery.close();
    },
  );
}

async function discoveryOf(url: string, { withPassword, tls }: RedisSecrets) {
  const { discover } = await import('@tureen/discovery');

  try {
    return discover(withPassword(url), { redis: { tls } });
  } catch (error) {
    throw new ConfigurationError(`--discover: ${(error as Error).message}`);
  }
}
