import { rootHandle, SessionLostError } from '@tureen/protocol';
import { errors } from './library.js';

/** What mediasoup gives for a call that its worker does not answer any more. */
export function channelClosedError({ method }: { method: string }): Error {
  return new errors.WorkerClosedError(`Channel closed, pending request aborted [method:${method}]`);
}

/**
 * For a call on an object whose session is over. On anything below a worker it is what mediasoup
 * gives when the worker has gone, with the reason as its cause.
 */
export function sessionOverError(reason: string, method: string, handle: number): Error {
  const cause = new SessionLostError(
    `session lost (${reason}); whether ${method}() was done is unknown`,
  );

  return handle === rootHandle ? cause : Object.assign(channelClosedError({ method }), { cause });
}
