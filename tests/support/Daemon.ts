import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from './freePort.js';

const ownBin = fileURLToPath(new URL('../../packages/remote-server/dist/bin.js', import.meta.url));

/** A real tureen-server in a process of its own. */
export class Daemon {
  private constructor(
    readonly process: ChildProcess,
    readonly url: string,
  ) {}

  /**
   * Resolves when it listens; rejects with what it said if it ends instead.
   *
   * @param launcher - What the command begins with where it is not to run here; it must become the
   * process that it starts.
   */
  static async start(
    args: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
    bin = ownBin,
    launcher: readonly string[] = [],
  ): Promise<Daemon> {
    const own = [process.execPath, bin, '--port', String(await freePort()), '--log-level', 'error'];
    const [command, ...rest] = [...launcher, ...own, ...args];
    const child = spawn(command!, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    const output: string[] = [];

    // Should this process end before the test has: no daemon stays behind.
    const endWithUs = () => child.kill('SIGKILL');

    process.once('exit', endWithUs);
    child.once('exit', () => process.off('exit', endWithUs));
    child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
    for await (const line of createInterface(child.stdout)) {
      const url = /^listening on (\S+)$/.exec(line)?.[1];

      if (url) {
        return new Daemon(child, url);
      }
    }
    if (child.exitCode === null && child.signalCode === null) {
      await once(child, 'exit');
    }
    throw new Error(`tureen-server ended (${child.exitCode}): ${output.join('')}`);
  }

  get pid(): number {
    return this.process.pid as number;
  }

  /** Asks it to end and gives its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await once(this.process, 'exit');
    }

    return this.process.exitCode;
  }
}
