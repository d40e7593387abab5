import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from '@redis/client';
import { onTestFinished } from 'vitest';
import { freePort } from '../../support/freePort.js';

/** Of the package redis-tools; under the name redis-server it is the server. */
const binary = '/usr/bin/redis-check-rdb';

/** A real redis-server that keeps nothing on disk, on a port of its own. */
export class RedisServer {
  readonly port: number;
  readonly #args: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'tureen-redis-'));
  #process: ChildProcess | undefined;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
    onTestFinished(async () => {
      await this.kill();
      rmSync(this.#folder, { recursive: true });
    });
  }

  /** One that accepts connections; it is ended when the test is over. */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = await RedisServer.notStarted(...args);

    await server.start();

    return server;
  }

  /** One that is not there yet. */
  static async notStarted(...args: string[]): Promise<RedisServer> {
    if (!existsSync(binary)) {
      throw new Error(`no ${binary}: run "npm run setup -- --redis", or install redis-tools`);
    }

    return new RedisServer(await freePort(), args);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, empty. */
  async start(): Promise<void> {
    const child = spawn(
      binary,
      [
        ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder],
        ...['--save', '', '--appendonly', 'no', ...this.#args],
      ],
      { argv0: 'redis-server', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const endWithUs = () => child.kill('SIGKILL');
    const output: string[] = [];

    process.once('exit', endWithUs);
    child.once('exit', () => process.off('exit', endWithUs));
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      createInterface(child.stdout).on('line', (line) => {
        output.push(line);
        if (line.includes('Ready to accept connections')) resolve();
      });
      child.once('exit', () => reject(new Error(`redis-server ended: ${output.join('\n')}`)));
    });
  }

  /** Resolves when it has gone. */
  async kill(): Promise<void> {
    const child = this.#process;

    this.#process = undefined;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(name);
  }

  /** A client for the test itself. */
  async client(url = this.url) {
    const client = createClient({ url });

    client.on('error', () => undefined);
    onTestFinished(() => client.destroy());
    await client.connect();

    return client;
  }
}
