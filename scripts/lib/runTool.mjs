import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ROOT, tool } from './workspace.mjs';

/**
 * Runs a development tool in the repository's root, with our output; ends it when the signal aborts.
 *
 * @param {NodeJS.ProcessEnv} [env] - Variables besides ours.
 * @returns How it failed (`SIGTERM`, `status 1`), or undefined if it did not.
 */
export async function runTool(signal, name, args, env = {}) {
  const child = spawn(tool(name), args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  const [code, killedBy] = await once(child, 'close');
  signal.removeEventListener('abort', end);
  return code === 0 ? undefined : (killedBy ?? `status ${code}`);
}
