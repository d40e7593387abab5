import {
  AuthenticationError,
  ConnectionError,
  SocketLink,
  subprotocol,
  type Link,
} from '@tureen/protocol';
import { WebSocket } from 'ws';
import type { RemoteMediasoupClientOptions } from './options.js';

const maxPayload = 64 * 1024 * 1024;

/**
 * @throws TypeError for anything but a ws: or wss: URL, or one with a user name, password or
 *   token in it, which would end up in logs.
 */
export function checkUrl(url: string | URL): URL {
  let parsed: URL;

  try {
    parsed = new URL(url);
  } catch {
    throw new TypeError(`not a URL: "${String(url)}"; expected something like ws://host:4600`);
  }
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw new TypeError(
      `wrong URL scheme "${parsed.protocol}" in ${parsed.protocol}//${parsed.host}; ` +
        `expected ws:// or wss://`,
    );
  }
  if (parsed.username || parsed.password) {
    throw new TypeError('credentials do not belong in the URL; give the option token');
  }
  if (parsed.hash) {
    throw new TypeError('a WebSocket URL has no fragment; leave out "#" and what follows');
  }

  return parsed;
}

/** @throws TypeError for a token that cannot be sent, without telling it. */
export function checkToken(token: RemoteMediasoupClientOptions['token']): void {
  if (typeof token === 'string' && !/^[\x21-\x7e]*$/.test(token)) {
    throw new TypeError('the option token must be one word of visible ASCII characters');
  }
}

/** Opens a link over a new WebSocket. */
export async function dialWebSocket(
  url: URL,
  options: RemoteMediasoupClientOptions,
  signal: AbortSignal,
): Promise<Link> {
  const { handshakeTimeout, ca, cert, key, pingInterval, deadAfter } = options;
  const token = typeof options.token === 'function' ? options.token() : options.token;

  checkToken(token);

  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, subprotocol, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      handshakeTimeout,
      perMessageDeflate: false,
      maxPayload,
      followRedirects: false,
      ca,
      cert,
      key,
    });
    const abort = () => socket.terminate();
    const settle = () => signal.removeEventListener('abort', abort);

    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', (error) => {
      settle();
      reject(explain(url, error));
    });
    socket.on('unexpected-response', (request, response) => {
      settle();
      request.destroy();
      reject(refusal(url, response.statusCode ?? 0));
    });
    socket.on('open', () => {
      settle();
      resolve(new SocketLink(socket, { pingInterval, deadAfter }));
    });
  });
}

function refusal(url: URL, status: number): ConnectionError {
  if (status === 401 || status === 403) {
    return new AuthenticationError(
      `${url.origin} refused the token (${status}); give the option token`,
    );
  }

  return new ConnectionError(`${url.origin} is no Tureen server: it answered ${status}`);
}

function explain(url: URL, error: Error): ConnectionError {
  const { code } = error as NodeJS.ErrnoException;
  const reason = error.message || code || 'unknown reason';

  return new ConnectionError(`cannot connect to ${url.origin}: ${reason}`, { cause: error });
}
