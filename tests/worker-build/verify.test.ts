import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  VerificationError,
  verifyWorker,
} from '../../packages/remote-server/worker-build/index.mjs';
import { MEDIASOUP, realWorker, script, temporaryFolder } from './sandbox.js';

const DYING_WORKER = fileURLToPath(new URL('dyingWorker.mjs', import.meta.url));

test('a worker that pipes SRTP and completes a DTLS handshake is accepted', async () => {
  await verifyWorker({ workerBin: realWorker(), mediasoupDir: MEDIASOUP });
});

test('a binary that is something else is refused', async () => {
  const verification = verifyWorker({ workerBin: '/bin/true', mediasoupDir: MEDIASOUP });

  await expect(verification).rejects.toThrow(VerificationError);
});

test('a worker that dies at work is refused, with the step at which it died', async () => {
  const command = [process.execPath, DYING_WORKER, realWorker()].map((part) => `"${part}"`);
  const workerBin = script(join(temporaryFolder(), 'worker'), `exec ${command.join(' ')} "$@"`);

  await expect(verifyWorker({ workerBin, mediasoupDir: MEDIASOUP })).rejects.toThrow(
    `${workerBin} failed at sending RTP through SRTP pipe transports: [pid:`,
  );
});
