import { ConfigurationError } from '../../errors.js';
import type { UpstreamFlags } from '../flags/upstreamFlags.js';
import { publicUrl, type RegisterFlags } from '../registration/register.js';

type Flags = UpstreamFlags & RegisterFlags & { listenIp?: string };
type Names = Partial<Record<keyof Flags, string>>;

/** What is the business of those who have the media. */
const ofMedia: Names = {
  listenIp: '--listen-ip',
  announcedAddress: '--announced-address',
  pipeAddress: '--pipe-address',
  pipeAnnouncedAddress: '--pipe-announced-address',
  pipePorts: '--pipe-ports',
  bandwidth: '--bandwidth',
};

/** Of a daemon without media only others could want to know it. */
const ofIdentity: Names = { hostId: '--host-id', tag: '--tag' };

const ofUpstreams: Names = {
  upstreamTokenFile: '--upstream-token-file',
  upstreamCa: '--upstream-ca',
  upstreamCert: '--upstream-cert',
  upstreamKey: '--upstream-key',
  hostPlacement: '--host-placement',
};

const ofRedis: Names = { redisPasswordFile: '--redis-password-file', redisCa: '--redis-ca' };

/** @throws ConfigurationError for flags that make no sense together. */
export function checkFlags(flags: Flags): void {
  const { upstream, discover, register } = flags;
  const given = (names: Names) =>
    Object.entries(names).find(([key]) => flags[key as keyof Flags] !== undefined)?.[1];
  const refuse = (names: Names, why: string) => {
    const name = given(names);

    if (name !== undefined) {
      throw new ConfigurationError(`${name} ${why}`);
    }
  };

  if (upstream && discover !== undefined) {
    throw new ConfigurationError('--upstream and --discover cannot be used together');
  }
  if (upstream ?? discover) {
    const source = upstream ? '--upstream' : '--discover';

    refuse(
      ofMedia,
      `makes no sense with ${source}: give it to the upstreams, which have the media`,
    );
    if (register === undefined) {
      refuse(ofIdentity, `makes no sense with ${source}, unless with --register`);
    }
  } else {
    refuse(ofUpstreams, 'needs --upstream or --discover');
  }
  if (register === undefined) {
    refuse({ publicUrl: '--public-url' }, 'needs --register');
    if (discover === undefined) {
      refuse(ofRedis, 'needs --register or --discover');
    }
  } else {
    publicUrl(flags, 'ws://0.0.0.0:0');
    if (discover !== undefined && isSameRedis(register, discover)) {
      throw new ConfigurationError(
        '--register and --discover name the same place in Redis, where this daemon would find itself: give one of them another ?prefix=',
      );
    }
  }
  checkPipeAddress(flags);
}

/** The same hosts are in both. What is no URL is told by those who use it. */
function isSameRedis(...urls: readonly [string, string]): boolean {
  const [one, other] = urls.map((url) => {
    const { hostname, port, pathname, searchParams } = URL.canParse(url) ? new URL(url) : noUrl;
    const database = Number(pathname.slice(1));

    return [hostname, port || '6379', database, searchParams.get('prefix') ?? 'tureen:'].join(' ');
  });

  return one === other && urls.every((url) => /^rediss?:/i.test(url));
}

const noUrl = new URL('redis://-');

function checkPipeAddress({ pipeAddress, pipeAnnouncedAddress }: Flags): void {
  if ((pipeAddress === '0.0.0.0' || pipeAddress === '::') && pipeAnnouncedAddress === undefined) {
    throw new ConfigurationError(
      `--pipe-address ${pipeAddress} needs --pipe-announced-address: nobody can send to it`,
    );
  }
}
