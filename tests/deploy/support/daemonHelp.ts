import { fileURLToPath } from 'node:url';
import { succeed } from '../../packaging/run.js';

const bin = fileURLToPath(new URL('../../../packages/remote-server/dist/bin.js', import.meta.url));

export async function daemonHelp(): Promise<string> {
  return (await succeed(process.execPath, [bin, '--help'])).replace(/\s+/g, ' ');
}

/** The environment variables that the daemon knows. */
export async function environmentTwins(): Promise<string[]> {
  return [...(await daemonHelp()).matchAll(/env: ([A-Z_]+)/g)].map(([, name]) => name!);
}
