import type { ErrorCode, Source } from '../../shared/protocol.js';

/** The server answered a request with an error. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** No answer: the socket is down, went down meanwhile, or the server took too long. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/** A camera or microphone cannot be had. The message tells the user why and what helps. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';

  constructor(
    readonly source: Source,
    cause: unknown,
  ) {
    super(explain(source, cause), { cause });
  }
}

function explain(source: Source, cause: unknown): string {
  const Source = source === 'camera' ? 'Camera' : 'Microphone';
  if (!navigator.mediaDevices) {
    return `${Source} not available: browsers allow it only over https or on localhost.`;
  }
  switch (cause instanceof Error ? cause.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return `${Source} permission was refused. Allow it next to the address bar, then try again.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return `No ${source} was found. Connect one, then try again.`;
    case 'NotReadableError':
    case 'AbortError':
      return `The ${source} could not be started. Another program may be using it.`;
    default:
      return `The ${source} could not be started.`;
  }
}
