import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { line } from './commands.js';
import {
  BACKBONE,
  type ImpairedLink,
  type Impairment,
  type LinkCounts,
  type LinkEnd,
} from './ImpairedLink.js';

const PROGRAM = fileURLToPath(new URL('emulator.py', import.meta.url));

/** The emulator ended, with what it said. */
export class EmulatorError extends Error {
  override readonly name = 'EmulatorError';
}

type Emulator = ChildProcessByStdio<Writable, Readable, Readable>;

/** A program of ours between TUN devices. */
export class EmulatedLink implements ImpairedLink {
  readonly kind = 'our emulator (emulator.py, between TUN devices)';
  readonly #child: Emulator;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;
  #said = '';
  /** One command at a time. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(child: Emulator) {
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    this.#exited = once(child, 'exit');
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    // It may have ended when it is told something; that no answer comes says so.
    child.stdin.on('error', () => {});
  }

  /** @param namespace - Where the program runs; it ends with its standard input. */
  static async open(
    namespace: string,
    ends: readonly LinkEnd[],
    { delay, loss, seed }: Impairment,
  ): Promise<EmulatedLink> {
    const options = ['--delay', `${delay}`, '--loss', `${loss}`, '--seed', `${seed}`];
    const hosts = ends.map(({ name, address }) => `${name}=${address}`);
    const child = spawn(
      'ip',
      ['netns', 'exec', namespace, '/usr/bin/python3', PROGRAM, ...options, ...hosts],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const link = new EmulatedLink(child);
    try {
      const devices = (await link.#answer()) as Record<string, string>;
      for (const end of ends) {
        const { namespace: own, address } = end;
        await line(
          `ip -n ${namespace} link set ${devices[end.name]} netns ${own} name ${BACKBONE}`,
        );
        await line(`ip -n ${own} address add ${address}/24 dev ${BACKBONE}`);
        await line(`ip -n ${own} link set ${BACKBONE} up`);
      }
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  }

  counts(): Promise<LinkCounts> {
    return this.#ask('counts');
  }

  async cut(name: string): Promise<void> {
    await this.#ask(`cut ${name}`);
  }

  async mend(name: string): Promise<void> {
    await this.#ask(`mend ${name}`);
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#exited;
  }

  #ask(command: string): Promise<LinkCounts> {
    const asked = this.#last.then(() => {
      this.#child.stdin.write(`${command}\n`);
      return this.#answer() as Promise<LinkCounts>;
    });
    this.#last = asked.catch(() => {});
    return asked;
  }

  async #answer(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (!done) return JSON.parse(value as string);
    await this.#exited;
    throw new EmulatorError(`the link emulator ended: ${this.#said}`);
  }
}
