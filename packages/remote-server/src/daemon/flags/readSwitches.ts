import type { Command, Option } from 'commander';

const yes: readonly string[] = ['1', 'true', 'yes', 'on'];
const no: readonly string[] = ['', '0', 'false', 'no', 'off'];

/**
 * Reads flags without a value from the environment. To commander it is enough that the variable is
 * there: one that says `false` would switch on what it is to switch off.
 */
export function readSwitches(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName();

    if (option.isBoolean() && command.getOptionValueSource(name) === 'env') {
      command.setOptionValueWithSource(name, isOn(command, option), 'env');
    }
  }
}

function isOn(command: Command, { flags, envVar = '' }: Option): boolean {
  const value = process.env[envVar] ?? '';
  const word = value.trim().toLowerCase();

  if (!yes.includes(word) && !no.includes(word)) {
    command.error(
      `error: option '${flags}' value '${value}' from env '${envVar}' is invalid. expected true or false.`,
    );
  }

  return yes.includes(word);
}
