import { isIP } from 'node:net';
import { InvalidArgumentError, type Option } from 'commander';
import { flag } from './parse.js';

/** Who this host is, to those who make one mediasoup of several. */
export interface HostFlags {
  hostId?: string;
  tag?: Record<string, string>;
  pipeAddress?: string;
  pipeAnnouncedAddress?: string;
  pipePorts?: { min: number; max: number };
  /** Megabits per second. */
  bandwidth?: number;
}

export function hostFlags(): Option[] {
  return [
    flag(
      '--host-id <name>',
      'TUREEN_HOST_ID',
      'name of this host among several; the same for all that share its loopback (default: made of its boot id)',
    ).argParser(parseName),
    flag(
      '--tag <key=value>',
      'TUREEN_TAG',
      'what placement may go by, such as region=eu; can be repeated',
    ).argParser(collectTags),
    flag(
      '--pipe-address <address>',
      'TUREEN_PIPE_ADDRESS',
      'address of this host for media from other hosts (default: --listen-ip, or a private address)',
    ).argParser(parseAddress),
    flag(
      '--pipe-announced-address <address>',
      'TUREEN_PIPE_ANNOUNCED_ADDRESS',
      'address or name under which other hosts reach --pipe-address',
    ).argParser(parseName),
    flag(
      '--pipe-ports <min-max>',
      'TUREEN_PIPE_PORTS',
      'ports for media from other hosts (default: those of the worker)',
    ).argParser(parsePorts),
    flag(
      '--bandwidth <megabits>',
      'TUREEN_BANDWIDTH',
      'what this host can send in a second (default: what its interfaces say)',
    ).argParser(parseMegabits),
  ];
}

function parseName(value: string): string {
  if (!/^[\x21-\x7e]{1,253}$/.test(value)) {
    throw new InvalidArgumentError('expected one word of visible ASCII characters.');
  }

  return value;
}

function collectTags(value: string, previous: Record<string, string> = {}): Record<string, string> {
  const tags = { ...previous };

  for (const part of value.split(/[\s,]+/).filter((part) => part !== '')) {
    const [, key, tag] = /^([\w.-]{1,100})=([\x21-\x7e]{1,100})$/.exec(part) ?? [];

    if (key === undefined || tag === undefined) {
      throw new InvalidArgumentError(`expected key=value, such as region=eu, not "${part}".`);
    }
    if (Object.hasOwn(tags, key)) {
      throw new InvalidArgumentError(`the tag ${key} is given twice.`);
    }
    tags[key] = tag;
  }

  return tags;
}

function parseAddress(value: string): string {
  if (isIP(value) === 0) {
    throw new InvalidArgumentError('expected an IP address.');
  }

  return value;
}

function parsePorts(value: string): { min: number; max: number } {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(value) ?? [];
  const [min, max] = [Number(from), Number(to)];

  if (!(min >= 1 && min <= max && max <= 65_535)) {
    throw new InvalidArgumentError('expected two ports from 1 to 65535, such as 40000-41000.');
  }

  return { min, max };
}

function parseMegabits(value: string): number {
  const megabits = Number(value);

  if (value === '' || !(megabits > 0 && megabits <= 10_000_000)) {
    throw new InvalidArgumentError('expected a number of megabits per second above 0.');
  }

  return megabits;
}
