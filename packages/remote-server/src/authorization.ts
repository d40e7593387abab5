import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Whether the request presents one of the tokens, or there are none. */
export function isAuthorized(request: IncomingMessage, tokens: readonly string[]): boolean {
  if (tokens.length === 0) {
    return true;
  }

  const [scheme, presented, ...surplus] = (request.headers.authorization ?? '').split(' ');

  return (
    scheme?.toLowerCase() === 'bearer' &&
    presented !== undefined &&
    surplus.length === 0 &&
    isOneOf(tokens, presented)
  );
}

/** Takes the same time whatever the difference is; digests since lengths must not differ. */
function isOneOf(tokens: readonly string[], presented: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(presented);

  // All of them, whichever it is.
  return tokens.filter((token) => timingSafeEqual(digest(token), wanted)).length > 0;
}
