export { discover, type DiscoverOptions } from './discover.js';
export type { DiscoveredHost, Discovery, DiscoveryEvents, HostLoad } from './Discovery.js';
export { dnsHosts, type DnsOptions } from './dns/dnsHosts.js';
export {
  DiscoveryClosedError,
  DiscoveryOutageError,
  FencedError,
  InvalidHostError,
  NameNotFoundError,
} from './errors.js';
export {
  DiscoveryFollower,
  followDiscovery,
  type FollowedManager,
  type FollowerEvents,
  type HostSet,
} from './followDiscovery.js';
export { redisHosts, type RedisOptions } from './redis/redisHosts.js';
export type { RedisTls } from './redis/redisUrl.js';
export {
  registerHost,
  type HostRegistration,
  type HostState,
  type RegistrationLogger,
  type RegistrationOptions,
} from './redis/registerHost.js';
export { staticHosts } from './staticHosts.js';
