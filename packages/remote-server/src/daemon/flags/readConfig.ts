import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { InvalidArgumentError, type Command, type Option } from 'commander';
import { flag } from './parse.js';

const name = 'config';

/** Where flags may be written down. */
export function configFlag(): Option {
  return flag(
    `--${name} <file>`,
    'TUREEN_CONFIG',
    'JSON file with flags by their long names, such as {"port": 4700, "vertical": true}; flags and environment win',
  );
}

/**
 * Takes what neither the command line nor the environment says from the file of --config. Values are
 * judged as those of flags are; an error names the file and the key, and ends the program.
 */
export function readConfig(command: Command): void {
  const file = command.getOptionValue(name) as string | undefined;

  if (file === undefined) {
    return;
  }
  for (const [key, value] of Object.entries(parse(command, file))) {
    const option = command.options.find(({ long }) => long === `--${key}` && key !== name);
    const fail = (why: string) => command.error(`error: config file ${file}, key "${key}": ${why}`);

    if (!option || key === 'version') {
      fail(`there is no such flag (see ${command.name()} --help)`);
    } else if (isUnsaid(command, option)) {
      try {
        command.setOptionValueWithSource(option.attributeName(), valueOf(option, value), 'config');
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) {
          throw error;
        }
        fail(error.message);
      }
    }
  }
}

function parse(command: Command, file: string): object {
  let parsed: unknown;

  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    command.error(`error: cannot read config file ${file}: ${(error as Error).message}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    command.error(`error: config file ${file}: expected an object such as {"port": 4700}`);
  }

  return parsed;
}

function isUnsaid(command: Command, option: Option): boolean {
  const source = command.getOptionValueSource(option.attributeName());

  return source === undefined || source === 'default';
}

/** @throws InvalidArgumentError */
function valueOf(option: Option, value: unknown): unknown {
  if (option.isBoolean()) {
    if (typeof value !== 'boolean') {
      throw new InvalidArgumentError('expected true or false.');
    }

    return value;
  }

  return Array.isArray(value)
    ? value.reduce<unknown>((before, each) => oneMore(option, each, before), undefined)
    : parsedValue(option, value);
}

/** As a flag that is given again. */
function oneMore(option: Option, value: unknown, before: unknown): unknown {
  const all = parsedValue(option, value, before);

  if (before !== undefined && isDeepStrictEqual(all, parsedValue(option, value))) {
    throw new InvalidArgumentError('expected one value, not several.');
  }

  return all;
}

function parsedValue(option: Option, value: unknown, before?: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new InvalidArgumentError(
      'expected a string or a number, or a list where it can be repeated.',
    );
  }

  return option.parseArg ? option.parseArg(String(value), before) : String(value);
}
