import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { LockError, withLock } from '../../packages/remote-server/worker-build/index.mjs';
import { temporaryFolder } from './sandbox.js';

const HOLDER = fileURLToPath(new URL('lockHolder.mjs', import.meta.url));

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [HOLDER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

async function holder(lock: string): Promise<ChildProcess> {
  const child = start(lock);
  await once(child.stdout!, 'data');
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('who comes second says for whom it waits, and has its turn afterwards', async () => {
  const lock = join(temporaryFolder(), 'lock');
  const first = await holder(lock);
  let waiting!: (message: string) => void;
  const waitingMessage = new Promise<string>((resolve) => (waiting = resolve));

  const turn = withLock(lock, { log: waiting, purpose: 'installing' }, async () => 'mine');
  expect(await waitingMessage).toBe(`waiting for process ${first.pid}, which is installing`);
  first.stdin!.end();

  expect(await turn).toBe('mine');
  expect(existsSync(lock)).toBe(false);
});

test('the lock of a process that was killed is taken over, also in a row, and leaves nothing', async () => {
  const folder = temporaryFolder();
  const lock = join(folder, 'lock');
  await killed(await holder(lock));
  await killed(await holder(lock));
  expect(readdirSync(folder)).toHaveLength(2);
  const log: string[] = [];

  await withLock(lock, { log: (line) => log.push(line) }, async () => {});

  expect(log).toEqual(['took over from a process that died']);
  expect(readdirSync(folder)).toEqual([]);
});

test('many processes that find a dead lock at once take turns', async () => {
  const folder = temporaryFolder();
  const lock = join(folder, 'lock');
  const journal = join(folder, 'journal');
  await killed(await holder(lock));

  const children = Array.from({ length: 6 }, () => start(lock, journal));
  await Promise.all(children.map((child) => once(child.stdout!, 'data')));
  children.forEach((child) => child.stdin!.write('go\n'));
  const exits = await Promise.all(children.map((child) => once(child, 'exit')));

  expect(exits.map(([code]) => code as number)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(readFileSync(journal, 'utf8')).toBe('in\nout\n'.repeat(18));
  expect(readdirSync(folder)).toEqual(['journal']);
});

test('a process id that is in use again does not keep a lock alive', async () => {
  const lock = join(temporaryFolder(), 'lock');
  const dead = await holder(lock);
  const owner = JSON.parse(readFileSync(lock, 'utf8')) as object;
  await killed(dead);
  writeFileSync(lock, JSON.stringify({ ...owner, pid: process.pid }));

  expect(await withLock(lock, {}, async () => 'mine')).toBe('mine');
});

test('in one process, too, one comes after the other', async () => {
  const lock = join(temporaryFolder(), 'lock');
  const order: string[] = [];
  const use = (name: string) =>
    withLock(lock, {}, async () => {
      order.push(`${name} in`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} out`);
    });

  await Promise.all([use('a'), use('b')]);

  expect(order.map((entry) => entry.slice(2))).toEqual(['in', 'out', 'in', 'out']);
});

test('an action that fails releases the lock', async () => {
  const lock = join(temporaryFolder(), 'lock');
  const failure = new Error('no');

  await expect(withLock(lock, {}, () => Promise.reject(failure))).rejects.toBe(failure);
  expect(existsSync(lock)).toBe(false);
});

test('waiting can be given up', async () => {
  const lock = join(temporaryFolder(), 'lock');
  await holder(lock);
  const given = new AbortController();
  const reason = new Error('enough');

  const turn = withLock(
    lock,
    { signal: given.signal, log: () => given.abort(reason) },
    async () => {},
  );

  await expect(turn).rejects.toBe(reason);
  expect(existsSync(lock)).toBe(true);
});

test('a file that is not a lock is left alone', async () => {
  const lock = join(temporaryFolder(), 'lock');
  writeFileSync(lock, 'something else');

  await expect(withLock(lock, {}, async () => {})).rejects.toThrow(LockError);
  expect(readFileSync(lock, 'utf8')).toBe('something else');
});
