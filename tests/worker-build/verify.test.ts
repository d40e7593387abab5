import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import {
  VerificationError,
  verifyWorker,
} from '../../packages/remote-server/worker-build/index.mjs';
import { MEDIASOUP, realWorker, script, temporaryFolder } from './sandbox.js';

const KILL_WORKER = new URL('killWorker.mjs', import.meta.url).href;

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a worker that pipes SRTP and completes a DTLS handshake is accepted', async () => {
  await verifyWorker({ workerBin: realWorker(), mediasoupDir: MEDIASOUP });
});

test('a binary that is something else is refused', async () => {
  const verification = verifyWorker({ workerBin: '/bin/true', mediasoupDir: MEDIASOUP });

  await expect(verification).rejects.toThrow(VerificationError);
});

test('a worker that dies at work is refused, with the step at which it died', async () => {
  vi.stubEnv('NODE_OPTIONS', `--import=${KILL_WORKER}`);
  vi.stubEnv('TEST_MEDIASOUP', MEDIASOUP);

  const verification = verifyWorker({ workerBin: realWorker(), mediasoupDir: MEDIASOUP });

  await expect(verification).rejects.toThrow(
    /failed at sending RTP through SRTP pipe transports: the worker died: .*SIGSEGV/,
  );
});

test('a worker that hangs is refused after the deadline and ended', async () => {
  const folder = temporaryFolder();
  const pidFile = join(folder, 'pid');
  const workerBin = script(
    join(folder, 'worker'),
    '[ -n "$MEDIASOUP_VERSION" ] || exit 41',
    `echo $$ > ${pidFile}`,
    'exec sleep 1000',
  );

  const verification = verifyWorker({ workerBin, mediasoupDir: MEDIASOUP, deadlineMs: 1000 });

  await expect(verification).rejects.toThrow('failed at starting: no success within 1000 ms');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await vi.waitUntil(() => !exists(pid), { timeout: 20_000 });
});

function exists(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
