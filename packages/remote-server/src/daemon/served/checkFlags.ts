import { ConfigurationError } from '../../errors.js';
import type { HostFlags } from '../flags/hostFlags.js';
import type { UpstreamFlags } from '../flags/upstreamFlags.js';

type Flags = UpstreamFlags & HostFlags & { listenIp?: string; announcedAddress?: string };

/** What is the business of those who have the media. */
const ofMediaHosts = {
  listenIp: '--listen-ip',
  announcedAddress: '--announced-address',
  hostId: '--host-id',
  tag: '--tag',
  pipeAddress: '--pipe-address',
  pipeAnnouncedAddress: '--pipe-announced-address',
  pipePorts: '--pipe-ports',
  bandwidth: '--bandwidth',
} as const satisfies Partial<Record<keyof Flags, string>>;

const ofUpstreams = {
  upstreamTokenFile: '--upstream-token-file',
  upstreamCa: '--upstream-ca',
  upstreamCert: '--upstream-cert',
  upstreamKey: '--upstream-key',
  hostPlacement: '--host-placement',
} as const satisfies Partial<Record<keyof Flags, string>>;

/** @throws ConfigurationError for flags that make no sense together. */
export function checkFlags(flags: Flags): void {
  const given = (names: Partial<Record<keyof Flags, string>>) =>
    Object.entries(names).find(([key]) => flags[key as keyof Flags] !== undefined)?.[1];
  const surplus = flags.upstream ? given(ofMediaHosts) : given(ofUpstreams);

  if (surplus && flags.upstream) {
    throw new ConfigurationError(
      `${surplus} makes no sense with --upstream: media flows through the upstreams, so give it to those`,
    );
  }
  if (surplus) {
    throw new ConfigurationError(`${surplus} needs --upstream`);
  }
  if (
    (flags.pipeAddress === '0.0.0.0' || flags.pipeAddress === '::') &&
    flags.pipeAnnouncedAddress === undefined
  ) {
    throw new ConfigurationError(
      `--pipe-address ${flags.pipeAddress} needs --pipe-announced-address: nobody can send to it`,
    );
  }
}
