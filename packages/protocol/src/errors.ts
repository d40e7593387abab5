import type { WireError } from './frames.js';

/** Anything that goes wrong between client and daemon, as opposed to inside mediasoup. */
export class ConnectionError extends Error {
  override name = 'ConnectionError';
}

/** There is no connection, and none came within the time that the call was willing to wait. */
export class DisconnectedError extends ConnectionError {
  override name = 'DisconnectedError';
}

/** The session ended while the call was under way: its outcome is unknown, its objects are gone. */
export class SessionLostError extends ConnectionError {
  override name = 'SessionLostError';
}

/** No answer in time. The outcome is unknown, and nothing was closed. */
export class RequestTimeoutError extends ConnectionError {
  override name = 'RequestTimeoutError';
}

/** The daemon refused the token. Final: the client does not try again. */
export class AuthenticationError extends ConnectionError {
  override name = 'AuthenticationError';
}

/** The two ends describe different APIs. Final: the client does not try again. */
export class VersionMismatchError extends ConnectionError {
  override name = 'VersionMismatchError';
}

/** The other end sent something that the protocol does not allow. */
export class ProtocolError extends ConnectionError {
  override name = 'ProtocolError';
}

/** A single message is larger than the other end takes. Nothing was sent. */
export class MessageTooBigError extends ConnectionError {
  override name = 'MessageTooBigError';
}

/**
 * More waits for the other end than may be kept. The call that rejects with it, or the message, has
 * not been sent; where there was no such call to refuse, the session is given up.
 */
export class BacklogError extends ConnectionError {
  override name = 'BacklogError';
}

/** The client was closed by the application. */
export class ClientClosedError extends ConnectionError {
  override name = 'ClientClosedError';
}

/**
 * A worker setting that the operator of the daemon has not allowed. A TypeError, since that is
 * what mediasoup gives for settings that it does not take.
 */
export class SettingRefusedError extends TypeError {
  override name = 'SettingRefusedError';
}

/** A limit that the operator of the daemon has set is reached. Nothing else is harmed. */
export class LimitExceededError extends Error {
  override name = 'LimitExceededError';
}

/** The daemon is about to end: it takes no new workers, while existing ones go on. */
export class DrainingError extends Error {
  override name = 'DrainingError';
}

/** The server has no media of its own, and none of the servers behind it can be reached. */
export class NoUpstreamError extends Error {
  override name = 'NoUpstreamError';
}

export type ErrorClass = new (message: string) => Error;

/** Error classes by name. Without a prototype: names come from the other end. */
export type ErrorClasses = Record<string, ErrorClass>;

export function errorClasses(more: Record<string, ErrorClass> = {}): ErrorClasses {
  return Object.assign(Object.create(null) as ErrorClasses, {
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ConnectionError,
    DisconnectedError,
    SessionLostError,
    RequestTimeoutError,
    AuthenticationError,
    VersionMismatchError,
    ProtocolError,
    SettingRefusedError,
    LimitExceededError,
    DrainingError,
    NoUpstreamError,
    ...more,
  });
}

/**
 * @param withStack - Also send the stack, which tells paths of the server's machine.
 */
export function errorToWire(error: unknown, withStack = false): WireError {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error) };
  }

  return {
    name: error.name,
    message: error.message,
    ...(withStack && error.stack ? { stack: error.stack } : {}),
  };
}

/** Gives an error of the class of that name, or a plain Error that carries the name. */
export function errorFromWire(wire: WireError, classes: ErrorClasses): Error {
  const Class = classes[wire.name];
  const error = new (Class ?? Error)(wire.message);

  if (!Class) {
    error.name = wire.name;
  }
  if (wire.stack !== undefined) {
    error.stack = wire.stack;
  }

  return error;
}
