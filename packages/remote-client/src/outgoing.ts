import { MessageType, type CallMessage } from '@tureen/protocol';

/** A call as it is to be sent. */
export interface Outgoing {
  handle: number;
  method: string;
  args: readonly unknown[];
  /** Of what it creates. */
  childHandle?: number;
  /** Id of the call that it is to come after. */
  after?: number;
  build?: (value: unknown) => unknown;
}

/** As short as it can be. */
export function callMessage(
  id: number,
  handle: number,
  method: string,
  args: readonly unknown[],
  childHandle: number | undefined,
  after: number | undefined,
): CallMessage {
  if (childHandle === undefined) {
    return [MessageType.call, id, handle, method, args];
  }

  return after === undefined
    ? [MessageType.call, id, handle, method, args, childHandle]
    : [MessageType.call, id, handle, method, args, childHandle, after];
}
