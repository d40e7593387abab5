import { existsSync } from 'node:fs';
import * as mediasoup from 'mediasoup';
import { createCertificate } from './certificate.js';

/** Runs once, before any test file. */
export default async function setup(): Promise<void> {
  // mediasoup's own suite, and a daemon started by a test, must agree on the worker.
  process.env.MEDIASOUP_WORKER_BIN ??= mediasoup.workerBin;

  if (!existsSync(process.env.MEDIASOUP_WORKER_BIN)) {
    throw new Error(
      `no mediasoup worker at ${process.env.MEDIASOUP_WORKER_BIN}: run "npm run setup" or set MEDIASOUP_WORKER_BIN`,
    );
  }

  await createCertificate();
}
