import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CommandError } from './errors.mjs';

const FIRST_LINES = 15;
const LAST_LINES = 45;

// Of a long output the beginning and the end tell what went wrong.
function excerpt() {
  const first = [];
  const last = [];
  let omitted = 0;
  return {
    add(line) {
      if (first.length < FIRST_LINES) first.push(line);
      else if (last.push(line) > LAST_LINES) omitted += last.splice(0, 1).length;
    },
    text: () => [...first, ...(omitted ? [`(${omitted} lines omitted)`] : []), ...last].join('\n'),
  };
}

/**
 * Runs a command to its end; resolves with its standard output.
 * Rejects with a CommandError that carries an excerpt of what it printed, or, when `signal` ended
 * it, with the signal's reason once the process is gone.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal,
 *   onLine?: (line: string) => void }} [options] onLine: each line, of both outputs
 * @returns {Promise<string>}
 */
export function run(command, args, { cwd, env = process.env, signal, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    const kept = excerpt();
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (stream === child.stdout) output.push(line);
        kept.add(line);
        onLine?.(line);
      });
    }
    let failure;
    child.on('error', (error) => {
      failure = error;
    });
    child.on('close', (code, killedBy) => {
      if (signal?.aborted) return reject(signal.reason);
      if (code === 0) return resolve(output.join('\n'));
      const reason = failure?.message ?? `ended with ${killedBy ?? `status ${code}`}`;
      const message = `${[command, ...args.slice(0, 1)].join(' ')}: ${reason}`;
      const exitStatus = failure ? undefined : (code ?? undefined);
      reject(new CommandError(message, { output: kept.text(), exitStatus, cause: failure }));
    });
  });
}

/** Whether the error says that the command does not exist on this host. */
export function isCommandMissing(error) {
  return error instanceof CommandError && error.cause?.code === 'ENOENT';
}
