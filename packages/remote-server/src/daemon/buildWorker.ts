import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Finds or builds a mediasoup-worker and prints its path; the package ships the tool for that. */
export async function buildWorker(_options: unknown, command: { args: string[] }): Promise<void> {
  // By a path that holds in the package as published: dist/ and worker-build/ are neighbours.
  const tool = fileURLToPath(new URL('../worker-build/cli.mjs', import.meta.url));
  const child = spawn(process.execPath, [tool, ...command.args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];

  process.exitCode = code ?? 1;
}
