import { BacklogError } from '@tureen/protocol';

/** For what is not sent since too much waits for the server already. */
export function backlogError(method: string): BacklogError {
  return new BacklogError(`too much waits for the server; ${method}() was not sent`);
}
