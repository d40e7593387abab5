import { InvalidArgumentError, type Option } from 'commander';
import { flag } from './parse.js';

/** How others find this daemon. */
export function registerFlags(): Option[] {
  return [
    flag(
      '--register <url>',
      'TUREEN_REGISTER',
      'Redis in which this daemon names itself for --discover, such as redis://redis.example.com',
    ),
    flag(
      '--public-url <url>',
      'TUREEN_PUBLIC_URL',
      'how others reach this daemon, with --register (default: --announced-address or --host, and the port)',
    ).argParser(parseUrl),
    flag(
      '--redis-password-file <file>',
      'TUREEN_REDIS_PASSWORD_FILE',
      'file with the password for the Redis of --register and --discover',
    ),
    flag(
      '--redis-ca <file>',
      'TUREEN_REDIS_CA',
      "authorities of its certificate, in PEM format, for rediss:// (default: the system's)",
    ),
  ];
}

function parseUrl(value: string): string {
  if (!URL.canParse(value) || !/^wss?:$/.test(new URL(value).protocol)) {
    throw new InvalidArgumentError('expected a URL such as wss://media1.example.com:4600.');
  }

  return value;
}
