import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const DEADLINE_MS = 30_000;
const execute = promisify(execFile);

/** `ip` or `tc` refused. The message has what it said. */
export class NetworkCommandError extends Error {
  override readonly name = 'NetworkCommandError';
}

/** Runs a command and gives its standard output. @throws NetworkCommandError */
export async function run(command: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { timeout: DEADLINE_MS });
    return stdout;
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: string };
    const said = stderr?.trim() || message;
    throw new NetworkCommandError(`${[command, ...args].join(' ')}: ${said}`, { cause });
  }
}

/** Runs a command, or a line of `ip` or `tc` as one would write it. @throws NetworkCommandError */
export const line = (text: string): Promise<string> => {
  const [command, ...args] = text.trim().split(/\s+/);
  return run(command!, ...args);
};
