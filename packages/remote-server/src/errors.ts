/** A call that is not in the API table, or that the served object does not have. */
export class UnsupportedCallError extends Error {
  // The name of mediasoup's own class for this, so that the client gives that class.
  override name = 'UnsupportedError';
}

/** A call on an object that this session does not have, or has closed and forgotten. */
export class UnknownObjectError extends Error {
  // As above.
  override name = 'NotFoundError';
}

/** The server cannot start as configured. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
}
