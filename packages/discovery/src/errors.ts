/** Nothing new can be learned of the hosts at the moment: what is known stays as it is. */
export class DiscoveryOutageError extends Error {
  override readonly name = 'DiscoveryOutageError';
}

/** A host that was found makes no sense, and is left out. */
export class InvalidHostError extends Error {
  override readonly name = 'InvalidHostError';
}

/** A name that is asked for does not exist. */
export class NameNotFoundError extends Error {
  override readonly name = 'NameNotFoundError';
}

/** The discovery was closed. */
export class DiscoveryClosedError extends Error {
  override readonly name = 'DiscoveryClosedError';
}

/** Another process has registered the same host later: this one is not registered any more. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** What an error says; Node's for several addresses of one name say nothing themselves. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join(', ');
  }

  return error instanceof Error ? error.message || error.name : String(error);
}
