import type { ErrorCode } from '../shared/protocol.js';

/** An error that is meant for the page: its code and message are sent as they stand. */
export class RequestError extends Error {
  override readonly name: string = 'RequestError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** There is no media worker at the moment; trying again later is right. */
export class MediaUnavailableError extends RequestError {
  override readonly name = 'MediaUnavailableError';

  constructor(options?: ErrorOptions) {
    super('media-unavailable', 'The media server is away at the moment.', options);
  }
}

/** The command line, an environment variable or a file named by one of them is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
