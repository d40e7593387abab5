import { rootHandle, SessionLostError } from '@tureen/protocol';
import { errors } from './library.js';

/**
 * For a call on an object whose session is over. On anything below a worker it is what mediasoup
 * gives when the worker has gone, with the reason as its cause.
 */
export function sessionOverError(reason: string, method: string, handle: number): Error {
  const cause = new SessionLostError(
    `session lost (${reason}); whether ${method}() was done is unknown`,
  );

  if (handle === rootHandle) {
    return cause;
  }

  const error = new errors.WorkerClosedError(
    `Channel closed, pending request aborted [method:${method}]`,
  );

  error.cause = cause;

  return error;
}
