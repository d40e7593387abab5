import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ran {
  /** Null if a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  environment?: NodeJS.ProcessEnv;
  /** Milliseconds until the process is killed. Default 60000. */
  deadline?: number;
}

/** Runs a command to its end, or to the deadline. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, environment = {}, deadline = 60_000 }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(command, args, {
    cwd,
    env: { ...ownEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadline,
    killSignal: 'SIGKILL',
  });
  const output = { stdout: '', stderr: '' };

  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  await once(child, 'close');

  return { code: child.exitCode, ...output };
}

/** @throws Error with what the command said if it did not end with 0. */
export async function succeed(...args: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...args);

  if (code !== 0) {
    throw new Error(`${args[0]} ${args[1].join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  }

  return stdout;
}

/** Without what npm tells the scripts that it runs, these tests among them. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|TUREEN_(?!TEST))/.test(name)),
  );
}
