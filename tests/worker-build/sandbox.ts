import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const MEDIASOUP = fileURLToPath(new URL('../../node_modules/mediasoup', import.meta.url));

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tureen-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A shell script, executable. */
export function script(path: string, ...lines: string[]): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  return path;
}

/** The worker that these tests run with, from the outside. */
export function realWorker(): string {
  const path = process.env.MEDIASOUP_WORKER_BIN;
  if (!path) throw new Error('MEDIASOUP_WORKER_BIN is not set');
  return path;
}

export function installWorker(path: string): string {
  cpSync(realWorker(), path, { recursive: true });
  return path;
}

/** Commands that stand before the system's own in PATH, and a cache of the test's own. */
export function environment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
    HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    TMPDIR: tmpdir(),
  };
}

/** A host on which no package is installed, and none can be: a build ends before it begins. */
export function withoutPackages(folder: string): void {
  script(join(folder, 'bin', 'dpkg-query'), 'exit 1');
  script(join(folder, 'bin', 'apt-get'), 'echo "no mirror" >&2', 'exit 100');
}
