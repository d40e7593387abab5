import { ConfigurationError } from '../../errors.js';
import { WatchedFiles } from '../WatchedFiles.js';

export interface RedisFlags {
  redisPasswordFile?: string;
  redisCa?: string;
}

export interface RedisSecrets {
  /** The URL of a Redis with the password in it; any other as it is. */
  withPassword(url: string): string;
  tls: { ca: string } | undefined;
}

/** @throws ConfigurationError if a file cannot be read, or makes no sense. */
export function readRedisSecrets({ redisPasswordFile, redisCa }: RedisFlags): RedisSecrets {
  const files = new WatchedFiles();
  const password =
    redisPasswordFile === undefined
      ? undefined
      : files.read(redisPasswordFile, 'Redis password file').trim();

  if (password === '') {
    throw new ConfigurationError(`Redis password file ${redisPasswordFile} is empty`);
  }

  return {
    withPassword: (url) => {
      if (password === undefined || !/^rediss?:/.test(url) || !URL.canParse(url)) {
        return url;
      }

      const parsed = new URL(url);

      parsed.password = encodeURIComponent(password);

      return parsed.href;
    },
    tls: redisCa === undefined ? undefined : { ca: files.read(redisCa, 'Redis CA') },
  };
}
