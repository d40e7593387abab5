import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Whether the request presents the token, or none is asked for. */
export function isAuthorized(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) {
    return true;
  }

  const [scheme, presented] = (request.headers.authorization ?? '').split(' ');

  return scheme?.toLowerCase() === 'bearer' && presented !== undefined && equal(presented, token);
}

/** Takes the same time whatever the difference is; digests since lengths must not differ. */
function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();

  return timingSafeEqual(digest(a), digest(b));
}
