/** Of a Redis server's certificate, for `rediss:`; each in PEM format. */
export interface RedisTls {
  /** Certificate authorities to trust instead of the system's. */
  ca?: string | Buffer | (string | Buffer)[];
  /** Our own certificate, where Redis wants one. */
  cert?: string | Buffer;
  key?: string | Buffer;
}

/**
 * @returns What may be shown of it: no name and no password.
 * @throws TypeError for another URL; it repeats nothing of it, as there may be a password in it.
 */
export function checkRedisUrl(url: string): string {
  const expected = 'expected redis://[user:password@]host[:port][/database], or rediss:// for TLS';
  let parsed: URL;

  try {
    parsed = new URL(url);
    decodeURIComponent(parsed.username + parsed.password);
  } catch {
    // Without the cause, which has the URL.
    throw new TypeError(`not the URL of a Redis server; ${expected}`);
  }
  if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') {
    throw new TypeError(`"${parsed.protocol}" is not the URL of a Redis server; ${expected}`);
  }
  if (!parsed.hostname || !/^(\/\d*)?$/.test(parsed.pathname)) {
    throw new TypeError(
      `the URL of the Redis server lacks a host or names no database; ${expected}`,
    );
  }

  return `${parsed.protocol}//${parsed.host}${parsed.pathname === '/' ? '' : parsed.pathname}`;
}
