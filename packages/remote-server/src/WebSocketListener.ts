import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { SocketLink, subprotocol, type Liveness } from '@tureen/protocol';
import { WebSocketServer } from 'ws';
import { ConfigurationError } from './errors.js';
import { silentLogger, type Logger } from './Logger.js';
import type { RemoteServer } from './RemoteServer.js';

export interface WebSocketListenerOptions extends Liveness {
  /** Default 127.0.0.1. Any but a loopback address needs a token. */
  host?: string;
  /** Default 4600; 0 for any that is free. */
  port?: number;
  /** What clients must present as bearer token. Default: none, and anyone on this host is served. */
  token?: string;
  logger?: Logger;
}

export const defaultPort = 4600;
/** A little more than the largest message that mediasoup itself would take. */
const maxPayload = 4.5 * 1024 * 1024;
const maxFragments = 256;
const headersTimeout = 10_000;

/** Lets clients in over WebSockets and gives their links to a server. */
export class WebSocketListener {
  readonly #server: RemoteServer;
  readonly #options: WebSocketListenerOptions;
  readonly #logger: Logger;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;

  /** @throws {@link ConfigurationError} for an address other than loopback without a token. */
  constructor(server: RemoteServer, options: WebSocketListenerOptions = {}) {
    const { host = '127.0.0.1', token } = options;

    if (!isLoopback(host) && !token) {
      throw new ConfigurationError(
        `refusing to listen on ${host} without a token: whoever reaches the port would control ` +
          `the media; give a token (--token-file FILE) or listen on 127.0.0.1`,
      );
    }
    this.#server = server;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#http = createServer({ headersTimeout }, (_request, response) => {
      response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' });
      response.end('This is a Tureen media server. Connect with @tureen/remote-client.\n');
    });
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload,
      maxFragments,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
    this.#http.on('upgrade', (request, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
  }

  /** Resolves with the address as a URL. Rejects if the port cannot be had. */
  async listen(): Promise<string> {
    const { host = '127.0.0.1', port = defaultPort } = this.#options;

    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });

    const { address, port: bound } = this.#http.address() as AddressInfo;

    return `ws://${address.includes(':') ? `[${address}]` : address}:${bound}`;
  }

  /** Lets nobody in any more. Resolves when the port is free. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));

    this.#http.closeAllConnections();
    for (const socket of this.#sockets.clients) {
      socket.terminate();
    }
    await closed;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const from = request.socket.remoteAddress;

    socket.on('error', (error) => this.#logger.debug({ err: error }, 'upgrade failed'));
    if (request.headers.origin !== undefined) {
      // Browsers say where a page came from, and let any page connect to a loopback address.
      this.#logger.warn({ from }, 'client refused: a page in a browser');
      refuse(socket, '403 Forbidden');
    } else if (!this.#isAuthorized(request)) {
      this.#logger.warn({ from }, 'client refused: wrong token');
      refuse(socket, '401 Unauthorized');
    } else if (!offersSubprotocol(request)) {
      refuse(socket, '400 Bad Request');
    } else {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        this.#logger.info({ from }, 'client connected');
        this.#server.accept(new SocketLink(webSocket, this.#options));
      });
    }
  }

  #isAuthorized(request: IncomingMessage): boolean {
    const { token } = this.#options;
    const [scheme, presented] = (request.headers.authorization ?? '').split(' ');

    return (
      !token ||
      (scheme?.toLowerCase() === 'bearer' && presented !== undefined && equal(presented, token))
    );
  }
}

function offersSubprotocol(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? '';

  return offered.split(',').some((name) => name.trim() === subprotocol);
}

/** Takes the same time whatever the difference is; digests since lengths must not differ. */
function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();

  return timingSafeEqual(digest(a), digest(b));
}

/** Does not wait for the other end: a socket that is half open would keep the port. */
function refuse(socket: Duplex, status: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
