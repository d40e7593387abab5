// Processes that the harness starts: none outlives the one that started it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { benchFile, daemonBin } from './paths.mjs';

const children = new Set();

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function start(file, args, { execArgv = [], stdout = 'inherit' } = {}) {
  const child = fork(file, args, { execArgv, stdio: ['ignore', stdout, 'inherit', 'ipc'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Asks a process to end and waits until it has. */
export async function stop(child) {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
}

/** Sends a message to a process of ours and resolves with its answer. */
export async function ask(child, message) {
  const answered = once(child, 'message');
  child.send(message);
  const [answer] = await answered;
  return answer;
}

/**
 * Starts a module of this folder that says with its first message that it is ready.
 *
 * @returns {Promise<import('node:child_process').ChildProcess & { ready: object }>}
 */
export async function startHelper(name, args = []) {
  const child = start(benchFile(`processes/${name}`), args);
  const [ready] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${name} ended with ${code}`);
    }),
  ]);
  return Object.assign(child, { ready });
}

/**
 * Starts a real tureen-server, with a probe in it that answers for its heap and ends it with us.
 *
 * @param {{ root?: string, profile?: string }} [options] root: a built checkout; profile: a folder
 *   for a CPU profile
 */
export async function startDaemon({ root, profile } = {}) {
  const execArgv = ['--import', benchFile('processes/probe.mjs')];
  if (profile) execArgv.push('--cpu-prof', `--cpu-prof-dir=${profile}`);
  const args = ['--port', '0', '--log-level', 'warn'];
  const child = start(daemonBin(root), args, { execArgv, stdout: 'pipe' });
  for await (const line of createInterface(child.stdout)) {
    const url = /^listening on (\S+)$/.exec(line)?.[1];
    if (url) return Object.assign(child, { url });
  }
  throw new Error('tureen-server ended before it listened');
}
