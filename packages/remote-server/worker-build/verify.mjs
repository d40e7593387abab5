// A binary that starts is not yet a worker that works: before one is kept, it must route RTP
// through SRTP and complete a DTLS handshake (builds are known that crash only there).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { VerificationError } from './errors.mjs';
import { canRunHere } from './host.mjs';

const MAIN = fileURLToPath(new URL('verify-main.mjs', import.meta.url));

/**
 * Rejects with a VerificationError unless the worker does its work within the deadline.
 *
 * It happens in a process of its own, the leader of a process group: a worker that hangs can
 * then be ended for certain, and mediasoup's signal handlers stay out of this process.
 *
 * @param {object} options
 * @param {string} options.workerBin path of the binary
 * @param {string} options.mediasoupDir folder of the mediasoup package to drive it with
 * @param {number} [options.deadlineMs] milliseconds for everything, 20000 unless told
 */
export async function verifyWorker({ workerBin, mediasoupDir, deadlineMs = 20_000 }) {
  if (!(await canRunHere(workerBin))) {
    throw new VerificationError(`${workerBin} is not a mediasoup-worker that runs on this host`);
  }
  const args = [resolve(workerBin), resolve(mediasoupDir), String(deadlineMs)];
  const child = spawn(process.execPath, [MAIN, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [[code, killedBy], output] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  if (code === 0) return;
  const reason = output.trim() || `the verification ended with ${killedBy ?? `status ${code}`}`;
  throw new VerificationError(`${workerBin} failed at ${reason}`);
}
