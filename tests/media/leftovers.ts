import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeEach, expect } from 'vitest';
import { until } from '../support/events.js';
// Marks what this process starts.
import '../support/useTarget.js';

const MARK = `TUREEN_TEST_PROCESS=${process.pid}`;
const LISTENING = '0A';

/**
 * Has each test of the enclosing `describe` close every port that it opened here, in the daemon or
 * in a worker, and all of them together end every process. To be called before anything else
 * registers hooks: what comes first is checked last.
 */
export function leaveNothingBehind(): void {
  beforeEach(({ onTestFinished }) => {
    const before = openPorts();

    onTestFinished(async () => {
      // Another process closes its sockets when it gets to it.
      await until('the ports of the test are closed', () => {
        const left = openPorts().filter((port) => !before.includes(port));

        return left.length === 0;
      }).catch(() => undefined);
      expect(openPorts().filter((port) => !before.includes(port))).toEqual([]);
    });
  });

  afterAll(async () => {
    await until('the processes have ended', () => startedProcesses().length === 0).catch(
      () => undefined,
    );
    expect(startedProcesses()).toEqual([]);
  });
}

/** Command lines of the processes that this one started, and of those that they started. */
function startedProcesses(): string[] {
  return startedPids().map((pid) => `${pid} ${readProc(pid, 'cmdline').replaceAll('\0', ' ')}`);
}

function startedPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && readProc(pid, 'environ').split('\0').includes(MARK));
}

/** Bound UDP sockets and listening TCP sockets, of everybody but the browser, which has its own. */
function openPorts(): string[] {
  const media = [process.pid, ...startedPids()].filter((pid) => !isBrowser(pid));
  const inodes = new Set(media.flatMap(socketInodes));

  return ['udp', 'udp6', 'tcp', 'tcp6'].flatMap((protocol) =>
    readFileSync(`/proc/net/${protocol}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(
        ([, , , state, , , , , , inode]) =>
          inodes.has(inode ?? '') && (protocol.startsWith('udp') || state === LISTENING),
      )
      .map(([, address]) => `${protocol} ${parseInt(address!.split(':')[1]!, 16)}`),
  );
}

function isBrowser(pid: number): boolean {
  return readProc(pid, 'cmdline').includes('chrom');
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkTarget(`/proc/${pid}/fd/${fd}`))?.[1];

      return inode === undefined ? [] : [inode];
    });
  } catch {
    return []; // It has ended meanwhile.
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // It has ended meanwhile, or is somebody else's.
  }
}
