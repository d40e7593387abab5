// A long running child process that says when it is ready.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { StepError } from './console.mjs';

const READY_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 10_000;

/** A child process ended, or was not ready in time. */
export class ServiceError extends StepError {}

export class Service {
  #name;
  #child;
  #lines;
  #exited;

  /**
   * Starts a Node script. It gets a process group of its own, so that Ctrl-C in a terminal
   * reaches only us and the order of ending is ours.
   *
   * @param {string} name prefix of the lines it prints
   * @param {string} script
   * @param {string[]} args
   * @param {NodeJS.ProcessEnv} env
   */
  constructor(name, script, args, env) {
    this.#name = name;
    this.#child = spawn(process.execPath, [script, ...args], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit').then(([code, signal]) => ({ code, signal }));
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on('line', (line) => process.stdout.write(`[${name}] ${line}\n`));
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      process.stderr.write(`[${name}] ${line}\n`);
    });
  }

  /** Resolves with the first group of `pattern` once a line of its standard output matches. */
  async ready(pattern) {
    let timer;
    let onLine;
    try {
      return await Promise.race([
        new Promise((resolve) => {
          onLine = (line) => {
            const match = pattern.exec(line);
            if (match) resolve(match[1]);
          };
          this.#lines.on('line', onLine);
        }),
        this.ended(),
        new Promise((_resolve, reject) => {
          const late = new ServiceError(
            `${this.#name} was not ready within ${READY_DEADLINE_MS / 1000} s`,
          );
          timer = setTimeout(() => reject(late), READY_DEADLINE_MS);
        }),
      ]);
    } finally {
      clearTimeout(timer);
      this.#lines.off('line', onLine);
    }
  }

  /** Rejects with a ServiceError when the process ends. */
  async ended() {
    const { code, signal } = await this.#exited;
    throw new ServiceError(`${this.#name} ended with ${signal ?? `status ${code}`}`);
  }

  /** SIGTERM, and after a deadline SIGKILL to it and all that it started. */
  async stop() {
    this.#signal(this.#child.pid, 'SIGTERM');
    const timer = setTimeout(() => {
      console.error(`[${this.#name}] did not end within ${STOP_DEADLINE_MS / 1000} s: killed`);
      this.kill();
    }, STOP_DEADLINE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  kill() {
    this.#signal(-this.#child.pid, 'SIGKILL');
  }

  #signal(pid, name) {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(pid, name);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}
