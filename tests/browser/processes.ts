import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';

const START_DEADLINE_MS = 40_000;
const STOP_DEADLINE_MS = 40_000;

interface ProcessInfo {
  pid: number;
  ppid: number;
  name: string;
}

/** A Node program that says on its standard output when it is ready. */
export interface Service {
  readonly pid: number;
  /** Where it listens, as it said. */
  readonly url: string;
  /** What it wrote to standard error, for the report of a failure. */
  log(): string;
  /** Asks it to end. @returns its exit status and the signal that ended it, if one did. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

/**
 * Starts a program and waits for its line `listening on <url>`.
 *
 * @param launcher - What the command begins with where it is not to run here; it must become the
 * process that it starts.
 */
export async function startService(
  script: string,
  args: string[],
  launcher: readonly string[] = [],
): Promise<Service> {
  const [command, ...rest] = [...launcher, process.execPath, script, ...args];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  try {
    const url = await listening(child, exited);
    return {
      pid: child.pid!,
      url,
      log: () => stderr,
      stop: async () => {
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
        const [code, signal] = await exited;
        clearTimeout(timer);
        return { code, signal };
      },
      kill: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    throw new Error(`${script} did not start: ${stderr}`, { cause: error });
  }
}

async function listening(child: ChildProcess, exited: Promise<unknown>): Promise<string> {
  let stdout = '';
  const line = new Promise<string>((resolve) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const match = /^listening on (\S+)$/m.exec(stdout);
      if (match) resolve(match[1]!);
    });
  });
  const ended = exited.then(() => Promise.reject(new Error('it ended')));
  ended.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it took too long')), START_DEADLINE_MS);
  });
  try {
    return await Promise.race([line, ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** All processes of this machine, from /proc. */
async function processes(): Promise<ProcessInfo[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)),
  );
  return stats.flatMap((stat) => {
    // pid (name) state ppid …; the name may contain blanks and parentheses.
    const match = stat === undefined ? null : /^(\d+) \((.*)\) (\S) (\d+)/s.exec(stat);
    if (!match || match[3] === 'Z') return [];
    return [{ pid: Number(match[1]), ppid: Number(match[4]), name: match[2]! }];
  });
}

/** Pids of the media workers that are children of a process, or of its children. */
export async function mediaWorkersOf(pid: number): Promise<number[]> {
  const all = await processes();
  const below = (parent: number): ProcessInfo[] =>
    all.filter(({ ppid }) => ppid === parent).flatMap((child) => [child, ...below(child.pid)]);
  // Linux keeps 15 characters of a process' name.
  return below(pid)
    .filter(({ name }) => name === 'mediasoup-worke')
    .map((worker) => worker.pid);
}

/** UDP ports of IPv4 that a process has bound. */
export async function udpPortsOf(pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  );
  const inodes = links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]);
  const [, ...lines] = (await readFile('/proc/net/udp', 'utf8')).trim().split('\n');
  return lines.flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    // The local address stands in the second column as ADDRESS:PORT, the inode in the tenth.
    return inodes.includes(columns[9]) ? [parseInt(columns[1]!.split(':')[1]!, 16)] : [];
  });
}

/** Which of these processes still live. */
export async function alive(pids: number[]): Promise<number[]> {
  const all = new Set((await processes()).map(({ pid }) => pid));
  return pids.filter((pid) => all.has(pid));
}
