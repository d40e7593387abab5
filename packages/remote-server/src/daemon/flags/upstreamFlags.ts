import { byTag, type HostPlacementName, type HostPlacementPolicy } from '@tureen/horizontal';
import { InvalidArgumentError, type Option } from 'commander';
import type { RedisFlags } from '../registration/redisSecrets.js';
import { collectList, flag } from './parse.js';

/** Whose mediasoup the daemon serves, if not its own. */
export interface UpstreamFlags extends RedisFlags {
  upstream?: string[];
  discover?: string;
  upstreamTokenFile?: string;
  upstreamCa?: string;
  upstreamCert?: string;
  upstreamKey?: string;
  hostPlacement?: HostPlacementName | HostPlacementPolicy;
}

export function upstreamFlags(): Option[] {
  return [
    flag(
      '--upstream <url>',
      'TUREEN_UPSTREAM',
      'serve the mediasoup of another tureen-server instead of its own, or, repeated, of several as one',
    ).argParser(collectUrls),
    flag(
      '--discover <url>',
      'TUREEN_DISCOVER',
      'find the upstreams and follow as they come and go: dns://NAME:PORT, dns+srv://NAME or redis://HOST',
    ),
    flag(
      '--upstream-token-file <file>',
      'TUREEN_UPSTREAM_TOKEN_FILE',
      'file with the token for the upstreams',
    ),
    flag(
      '--upstream-ca <file>',
      'TUREEN_UPSTREAM_CA',
      "authorities of the upstreams' certificates, in PEM format (default: the system's)",
    ),
    flag(
      '--upstream-cert <file>',
      'TUREEN_UPSTREAM_CERT',
      'client certificate for the upstreams, in PEM format; needs --upstream-key',
    ),
    flag(
      '--upstream-key <file>',
      'TUREEN_UPSTREAM_KEY',
      'key of the client certificate, in PEM format',
    ),
    flag(
      '--host-placement <policy>',
      'TUREEN_HOST_PLACEMENT',
      'which upstream a worker goes to: leastLoaded, roundRobin, concentrate, or tag=NAME: one with ' +
        "that tag as in the worker's appData (default: leastLoaded, or concentrate with --vertical)",
    ).argParser(parseHostPlacement),
  ];
}

function parseHostPlacement(value: string): HostPlacementName | HostPlacementPolicy {
  const [, tag] = /^tag=([\w.-]{1,100})$/.exec(value) ?? [];

  if (tag === undefined && !isHostPlacement(value)) {
    throw new InvalidArgumentError('expected leastLoaded, roundRobin, concentrate or tag=NAME.');
  }

  return tag === undefined ? (value as HostPlacementName) : byTag(tag);
}

function isHostPlacement(value: string): value is HostPlacementName {
  return ['leastLoaded', 'roundRobin', 'concentrate', 'region'].includes(value);
}

function collectUrls(value: string, previous?: string[]): string[] {
  const urls = collectList(value, previous);

  for (const [index, url] of urls.entries()) {
    if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
      throw new InvalidArgumentError('expected a URL such as ws://media1.example.com:4600.');
    }
    if (new URL(url).username || new URL(url).password) {
      throw new InvalidArgumentError('credentials do not belong in it; use --upstream-token-file.');
    }
    if (urls.findIndex((other) => new URL(other).href === new URL(url).href) !== index) {
      throw new InvalidArgumentError('the same upstream is given twice.');
    }
  }

  return urls;
}
