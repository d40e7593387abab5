// Preloaded into the process that verifies a worker: crashes the worker once it has a router.
import { createRequire } from 'node:module';

const mediasoup = createRequire(import.meta.url)(process.env.TEST_MEDIASOUP);

mediasoup.observer.on('newworker', (worker) => {
  worker.observer.on('newrouter', () => process.kill(worker.pid, 'SIGSEGV'));
});
