/** Of a Redis server's certificate, for `rediss:`; each in PEM format. */
export interface RedisTls {
  /** Certificate authorities to trust instead of the system's. */
  ca?: string | Buffer | (string | Buffer)[];
  /** Our own certificate, where Redis wants one. */
  cert?: string | Buffer;
  key?: string | Buffer;
}

export interface RedisUrl {
  /** For the client. */
  url: string;
  /** What may be shown of it: no name and no password. */
  shown: string;
  /** Of `?prefix=`. */
  prefix: string | undefined;
}

const expected =
  'expected redis://[user:password@]host[:port][/database][?prefix=name:], or rediss:// for TLS';

/**
 * @throws TypeError for another URL; it repeats nothing of it, as there may be a password in it.
 */
export function parseRedisUrl(text: string): RedisUrl {
  let url: URL;

  try {
    url = new URL(text);
    decodeURIComponent(url.username + url.password);
  } catch {
    // Without the cause, which has the URL.
    throw new TypeError(`not the URL of a Redis server; ${expected}`);
  }

  const { protocol, host, hostname, pathname, searchParams } = url;

  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw new TypeError(`"${protocol}" is not the URL of a Redis server; ${expected}`);
  }
  if (!hostname || !/^(\/\d*)?$/.test(pathname)) {
    throw new TypeError(
      `the URL of the Redis server lacks a host or names no database; ${expected}`,
    );
  }
  if ([...searchParams.keys()].some((key) => key !== 'prefix')) {
    throw new TypeError(`the URL of the Redis server has an unknown option; ${expected}`);
  }

  const prefix = searchParams.get('prefix') ?? undefined;

  url.search = '';

  return {
    url: url.href,
    shown: `${protocol}//${host}${pathname === '/' ? '' : pathname}`,
    prefix,
  };
}
