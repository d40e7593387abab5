import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { until } from '../../support/events.js';
import { freePort } from '../../support/freePort.js';

const bin = fileURLToPath(new URL('../../../packages/remote-server/dist/bin.js', import.meta.url));

export interface LogLine {
  level: number;
  msg: string;
  [detail: string]: unknown;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A real tureen-server, with everything that it says. */
export class ObservedDaemon {
  stdout = '';
  stderr = '';
  readonly #process: ChildProcess;
  readonly #ended: Promise<Ended>;

  private constructor(args: readonly string[], environment: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [bin, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });

    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#process = child;

    // A hook that failed before it could end it leaves no daemon behind either.
    const kill = (): boolean => child.kill('SIGKILL');

    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    // 'close' comes when everything that it said has been read.
    this.#ended = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  /** Runs one that is expected to end by itself. */
  static async run(
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Ended & { stdout: string; stderr: string }> {
    const daemon = new ObservedDaemon(args, environment);

    onTestFinished(() => daemon.kill());

    const ended = await daemon.#ended;
    const { stdout, stderr } = daemon;

    return { ...ended, stdout, stderr };
  }

  /**
   * Starts one that lives until the test is over, on any free port unless told otherwise. When it
   * ends, it must leave nothing behind.
   */
  static async start(
    args: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<ObservedDaemon> {
    const daemon = await ObservedDaemon.startForFile(args, environment);

    onTestFinished(() => daemon.endCleanly());

    return daemon;
  }

  /** As {@link start}, without waiting until it listens, which it may never do. */
  static begin(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ObservedDaemon {
    const daemon = new ObservedDaemon(['--port', '0', ...args], environment);

    onTestFinished(() => (daemon.url ? daemon.endCleanly() : daemon.kill()));

    return daemon;
  }

  /** As {@link start}, for hooks: whoever calls it also calls {@link endCleanly}. */
  static async startForFile(
    args: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<ObservedDaemon> {
    const port = 'TUREEN_PORT' in environment ? [] : ['--port', String(await freePort())];
    const daemon = new ObservedDaemon([...port, ...args], environment);

    await until('the line that says where it listens', () => daemon.url || daemon.hasEnded);
    expect(daemon.hasEnded, daemon.stderr).toBe(false);

    return daemon;
  }

  /** Empty until it listens. */
  get url(): string {
    return /^listening on (\S+)$/m.exec(this.stdout)?.[1] ?? '';
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** What it logged so far, with `--log-level info` or more. */
  get log(): LogLine[] {
    return this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  logged(message: string): LogLine[] {
    return this.log.filter(({ msg }) => msg === message);
  }

  /** How many sessions there were when a signal told it to end. */
  get sessionsAtEnd(): unknown {
    return this.logged('ending')[0]?.['sessions'];
  }

  /** Process ids of its workers. */
  get workers(): number[] {
    return workersOf(this.pid);
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended;
  }

  /** Asks it to end, if it is still there, and looks for what it should not have left. */
  async endCleanly(): Promise<void> {
    const { workers, url } = this;

    if (!this.hasEnded) {
      this.signal('SIGTERM');
      expect(await this.#ended, this.stderr).toEqual({ code: 0, signal: null });
      expect(workers.filter(exists)).toEqual([]);
    }
    await until('all workers to go', () => workers.every((pid) => !exists(pid)));
    expect(await isListening(url)).toBe(false);
    expect(this.stdout).toBe(`listening on ${url}\n`);
  }
}

/** Process ids of the mediasoup workers whose parent is this process. */
function workersOf(parent: number): number[] {
  const workerBin = realpathSync(process.env['MEDIASOUP_WORKER_BIN'] as string);

  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && executableOf(pid) === workerBin && parentOf(pid) === parent);
}

function executableOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** Whether there is such a process, and it is more than an entry that waits for its parent. */
export function exists(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);

  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''));

    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
