// Verifies one worker: node verify-main.mjs WORKER MEDIASOUP_DIR DEADLINE_MS
// Leads a process group; on failure, the step and the reason are all that goes to standard error.
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { verifyDtlsHandshake } from './verify-dtls.mjs';
import { MEDIA_CODECS, verifySrtpPipe } from './verify-srtp.mjs';

const [workerBin, mediasoupDir, deadlineMs] = process.argv.slice(2);
const mediasoup = createRequire(import.meta.url)(mediasoupDir);

let step = 'starting';
const report = (reason) => writeSync(process.stderr.fd, `${step}: ${reason}\n`);

// Nothing that hangs, whether here or in the worker, survives its group.
const deadline = setTimeout(() => {
  report(`no success within ${deadlineMs} ms`);
  process.kill(-process.pid, 'SIGKILL');
}, Number(deadlineMs));

async function verify(worker) {
  step = 'creating a router';
  const router = await worker.createRouter({ mediaCodecs: MEDIA_CODECS });
  step = 'sending RTP through SRTP pipe transports';
  await verifySrtpPipe(router);
  step = 'a DTLS handshake';
  await verifyDtlsHandshake(router);
}

function death(worker) {
  return once(worker, 'died').then(([error]) => {
    throw new Error(`the worker died: ${error.message}`);
  });
}

try {
  const worker = await mediasoup.createWorker({ workerBin, logLevel: 'none' });
  const died = death(worker);
  died.catch(() => {});
  // What a death does to the requests under way is its consequence: it is the reason to report.
  await Promise.race([
    verify(worker).catch((error) => (worker.died ? died : Promise.reject(error))),
    died,
  ]);
  step = 'closing';
  const closed = once(worker, 'subprocessclose');
  worker.close();
  await closed;
  clearTimeout(deadline);
} catch (error) {
  report(error.message);
  process.exit(1);
}
