import { InvalidArgumentError, Option } from 'commander';

/** A flag with its twin in the environment. */
export function flag(flags: string, environment: string, description: string): Option {
  return new Option(flags, description).env(environment);
}

export function parsePort(value: string): number {
  const port = Number(value);

  if (value === '' || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidArgumentError('expected a number from 0 to 65535.');
  }

  return port;
}

export function parseCount(value: string): number {
  const count = Number(value);

  if (!Number.isInteger(count) || count < 1) {
    throw new InvalidArgumentError('expected a number of at least 1.');
  }

  return count;
}

export function parsePercent(value: string): number {
  const percent = Number(value);

  if (value === '' || !(percent >= 1 && percent <= 100)) {
    throw new InvalidArgumentError('expected a number from 1 to 100.');
  }

  return percent;
}

export function parseSeconds(value: string): number {
  const seconds = Number(value);

  if (value === '' || !Number.isFinite(seconds) || seconds < 0 || seconds > 86_400) {
    throw new InvalidArgumentError('expected a number of seconds from 0 to 86400.');
  }

  return seconds;
}

export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

/** Several values at once, as the environment has to give them: with commas or blanks between. */
export function collectList(value: string, previous: string[] = []): string[] {
  return [...previous, ...value.split(/[\s,]+/).filter((part) => part !== '')];
}
