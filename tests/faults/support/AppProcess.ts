import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { until } from '../../support/events.js';

/** An application in a process of its own: one of the scripts in `apps/`. */
export class AppProcess {
  readonly lines: string[] = [];
  stderr = '';
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;

  private constructor(script: string, args: readonly string[]) {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL(`../apps/${script}`, import.meta.url)), ...args],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );

    createInterface(child.stdout).on('line', (line) => this.lines.push(line));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    child.stdin.on('error', () => undefined);
    this.#process = child;
    this.#ended = once(child, 'close').then(([code]) => code as number | null);
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await this.#ended;
    });
  }

  /** Starts one and waits until it says that it is ready. */
  static async start(script: string, ...args: string[]): Promise<AppProcess> {
    const app = new AppProcess(script, args);

    await until(
      `"ready" from ${script}`,
      () => app.lines.includes('ready') || app.#process.exitCode !== null,
    );
    if (!app.lines.includes('ready')) throw new Error(`${script} ended: ${app.stderr}`);

    return app;
  }

  /** Runs one to its end. */
  static async run(
    script: string,
    ...args: string[]
  ): Promise<{ code: number | null } & AppProcess> {
    const app = new AppProcess(script, args);

    return Object.assign(app, { code: await app.#ended });
  }

  /** Says something to it. */
  tell(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  async said(line: string): Promise<void> {
    await until(`"${line}"`, () => this.lines.includes(line));
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves with its exit code. */
  ended(): Promise<number | null> {
    return this.#ended;
  }
}
