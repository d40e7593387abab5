import type { Discovery } from './Discovery.js';
import { dnsHosts, type DnsOptions } from './dns/dnsHosts.js';
import { redisHosts, type RedisOptions } from './redis/redisHosts.js';
import { staticHosts } from './staticHosts.js';

export interface DiscoverOptions {
  dns?: DnsOptions;
  redis?: RedisOptions;
}

/**
 * The discovery that a URL names.
 *
 * @param url - `dns://name:port`, `dns+srv://_tureen._tcp.name`, `redis://host`, `rediss://host`, or
 *   the hosts themselves, with commas between: `ws://a:4600,ws://b:4600`.
 * @throws TypeError that says what is wrong with it.
 */
export function discover(url: string, { dns, redis }: DiscoverOptions = {}): Discovery {
  const scheme = /^([a-z][a-z+]*):\/\//i.exec(url.trim())?.[1]?.toLowerCase();

  switch (scheme) {
    case 'ws':
    case 'wss':
      return staticHosts(url.split(',').map((one) => one.trim()));
    case 'dns':
    case 'dns+srv':
      return dnsHosts(url.trim(), dns);
    case 'redis':
    case 'rediss':
      return redisHosts(url.trim(), redis);
    default:
      // Without the URL, which may have a password in it.
      throw new TypeError(
        'nothing to discover hosts with: expected dns://name:port, dns+srv://_tureen._tcp.name, ' +
          'redis://host, rediss://host, or a list as ws://a:4600,ws://b:4600',
      );
  }
}
