// A binary that starts is not yet a worker that works: before one is kept, it must route RTP
// through SRTP and complete a DTLS handshake (builds are known that crash only there).
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { VerificationError } from './errors.mjs';
import { canRunHere } from './host.mjs';
import { verifyDtlsHandshake } from './verify-dtls.mjs';
import { MEDIA_CODECS, verifySrtpPipe } from './verify-srtp.mjs';

/**
 * Rejects with a VerificationError unless the worker does its work within the deadline.
 *
 * @param {object} options
 * @param {string} options.workerBin path of the binary
 * @param {string} options.mediasoupDir folder of the mediasoup package to drive it with
 * @param {number} [options.deadlineMs] milliseconds for everything, 20000 unless told
 */
export async function verifyWorker({ workerBin, mediasoupDir, deadlineMs = 20_000 }) {
  const worker = await startWorker(workerBin, mediasoupDir);
  const giveUp = new AbortController();
  let step = 'creating a router';
  const checks = async () => {
    const router = await worker.createRouter({ mediaCodecs: MEDIA_CODECS });
    step = 'sending RTP through SRTP pipe transports';
    await verifySrtpPipe(router);
    step = 'a DTLS handshake';
    await verifyDtlsHandshake(router, giveUp.signal);
  };
  try {
    await unlessDeadOrLate(worker, checks(), deadlineMs);
  } catch (error) {
    throw new VerificationError(`${workerBin} failed at ${step}: ${error.message}`, {
      cause: error,
    });
  } finally {
    giveUp.abort();
    await closeWorker(worker);
  }
}

async function startWorker(workerBin, mediasoupDir) {
  // Asked first because mediasoup would wait for ever for a process that says nothing.
  if (!(await canRunHere(workerBin))) {
    throw new VerificationError(`${workerBin} is not a mediasoup-worker that runs on this host`);
  }
  const mediasoup = createRequire(import.meta.url)(resolve(mediasoupDir));
  try {
    return await mediasoup.createWorker({ workerBin, logLevel: 'none' });
  } catch (error) {
    throw new VerificationError(`${workerBin} does not start: ${error.message}`, { cause: error });
  }
}

async function unlessDeadOrLate(worker, checks, deadlineMs) {
  let timer;
  checks.catch(() => {});
  try {
    await Promise.race([
      // A dead worker also rejects the requests under way; its own reason says more.
      checks.catch(async (error) => {
        if (worker.died) throw new VerificationError('the worker process died', { cause: error });
        throw error;
      }),
      once(worker, 'died').then(([error]) => {
        throw error;
      }),
      new Promise((_resolve, reject) => {
        timer = setTimeout(
          () => reject(new VerificationError(`no success within ${deadlineMs} ms`)),
          deadlineMs,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

async function closeWorker(worker) {
  if (worker.subprocessClosed) return;
  const closed = once(worker, 'subprocessclose');
  worker.close();
  await closed;
}
