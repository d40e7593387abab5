import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { line, NetworkCommandError } from './commands.js';

/** Where `ip netns` keeps the names. */
const NAMES = '/run/netns';
const PREFIX = 'tureen-hosts';

let count = 0;

/** Network namespaces of this process. None is left when it ends, however it ends. */
export class Namespaces {
  readonly #names = new Set<string>();
  readonly #key = `${PREFIX}-${process.pid}-${count++}`;
  readonly #removeNow = () => this.#removeAtExit();

  private constructor() {
    process.once('exit', this.#removeNow);
  }

  /**
   * @returns why this process may not make any, or undefined when it may.
   */
  static async refusal(): Promise<string | undefined> {
    const name = `${PREFIX}-${process.pid}-trial`;
    try {
      await line(`ip netns add ${name}`);
      await line(`ip -n ${name} link set lo up`);
      return undefined;
    } catch (error) {
      if (error instanceof NetworkCommandError) return error.message;
      throw error;
    } finally {
      if (existsSync(`${NAMES}/${name}`)) await line(`ip netns delete ${name}`);
    }
  }

  static async open(): Promise<Namespaces> {
    await removeAbandoned();
    return new Namespaces();
  }

  /** Makes one, with its loopback interface up. @returns its name for `ip`. */
  async add(suffix: string): Promise<string> {
    const name = `${this.#key}-${suffix}`;
    await line(`ip netns add ${name}`);
    this.#names.add(name);
    await line(`ip -n ${name} link set lo up`);
    return name;
  }

  /** Removes all, with the interfaces in them. What still runs in one is killed. */
  async close(): Promise<void> {
    for (const name of this.#names) {
      for (const pid of await pidsIn(name)) kill(pid);
      await line(`ip netns delete ${name}`);
      this.#names.delete(name);
    }
    process.off('exit', this.#removeNow);
  }

  #removeAtExit(): void {
    for (const name of this.#names) {
      try {
        const pids = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
        for (const pid of numbers(pids)) kill(pid);
        execFileSync('ip', ['netns', 'delete', name]);
      } catch {
        // The others have to go all the same.
      }
    }
  }
}

/** Those of a process that was killed itself, and so could not remove them. */
async function removeAbandoned(): Promise<void> {
  const names = await readdir(NAMES).catch(() => []);
  for (const name of names) {
    const [, pid] = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    for (const each of await pidsIn(name)) kill(each);
    await line(`ip netns delete ${name}`);
  }
}

async function pidsIn(name: string): Promise<number[]> {
  return numbers(await line(`ip netns pids ${name}`));
}

function numbers(text: string): number[] {
  return text.split('\n').filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
