import type { Core } from './Core.js';
import { errors } from './library.js';

/** What mediasoup's methods that do not wait for an answer do once the worker has gone. */
export function assertWorkerOpen(core: Core, event: string): void {
  if (core.worker?.closed) {
    throw new errors.WorkerClosedError(`Channel closed, cannot send notification [event:${event}]`);
  }
}
