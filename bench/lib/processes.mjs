// Processes that the harness starts: none outlives the one that started it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { benchFile, daemonBin } from './paths.mjs';

const children = new Set();
const struck = new WeakSet();

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function start(file, args, { execArgv = [], stdout = 'inherit' } = {}) {
  const child = fork(file, args, { execArgv, stdio: ['ignore', stdout, 'inherit', 'ipc'] });
  children.add(child);
  child.once('exit', (code, signal) => {
    // Whoever waits for an answer of it would wait for ever.
    if (children.delete(child) && !struck.has(child))
      throw new Error(`${file} ended with ${signal ?? code}`);
  });
  return child;
}

/**
 * Ends a process of ours and waits until it has gone. All of them end when nobody speaks to them
 * any more; a signal would reach mediasoup's own listeners, after which Node goes on.
 */
export async function stop(child) {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    children.delete(child);
    child.disconnect();
    await exited;
  }
}

/** Sends a signal that may end a process of ours, which is then no fault. */
export function strike(child, signal) {
  struck.add(child);
  child.kill(signal);
}

/** Waits until a process has gone that was struck, if need be by killing it. */
export async function bury(child) {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    strike(child, 'SIGKILL');
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
  const [ready] = await once(child, 'message');
  return Object.assign(child, { ready });
}

/**
 * Starts a real tureen-server, with a probe in it that answers for its heap and ends it with us.
 *
 * @param {{ root?: string, profile?: string, tls?: { cert: string, key: string } }} [options] root: a
 *   built checkout; profile: a folder for a CPU profile; tls: files to serve wss with
 */
export async function startDaemon({ root, profile, tls } = {}) {
  const execArgv = ['--import', benchFile('processes/probe.mjs')];
  if (profile) execArgv.push('--cpu-prof', `--cpu-prof-dir=${profile}`);
  const args = ['--port', '0', '--log-level', 'warn'];
  if (tls) args.push('--cert', tls.cert, '--key', tls.key);
  const child = start(daemonBin(root), args, { execArgv, stdout: 'pipe' });
  for await (const line of createInterface(child.stdout)) {
    const url = /^listening on (\S+)$/.exec(line)?.[1];
    if (url) return Object.assign(child, { url });
  }
  throw new Error('tureen-server ended before it listened');
}
