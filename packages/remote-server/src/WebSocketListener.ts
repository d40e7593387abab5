import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { isIP, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { SocketLink, subprotocol, type SocketLinkOptions } from '@tureen/protocol';
import { WebSocketServer } from 'ws';
import { isAuthorized } from './authorization.js';
import { ConfigurationError } from './errors.js';
import { silentLogger, type Logger } from './Logger.js';
import type { RemoteServer } from './RemoteServer.js';

/** Certificates in PEM format. */
export interface TlsOptions {
  cert: string | Buffer;
  key: string | Buffer;
  /** Authorities of which every client must present a certificate. Default: none is asked for. */
  clientCa?: string | Buffer;
}

export interface WebSocketListenerOptions extends SocketLinkOptions {
  /** Default 127.0.0.1. Any but a loopback address needs a token or client certificates. */
  host?: string;
  /** Default 4600; 0 for any that is free. */
  port?: number;
  /**
   * What clients must present as bearer token; of several, any one. Default: none, and anyone on
   * this host is served.
   */
  token?: string | readonly string[];
  /** Default: no TLS. */
  tls?: TlsOptions;
  /** Connections at a time, those that have not said hello included. Default 2000. */
  maxConnections?: number;
  logger?: Logger;
}

export const defaultPort = 4600;
/** A little more than the largest message that mediasoup itself would take. */
const maxPayload = 4.5 * 1024 * 1024;
const maxFragments = 256;
/** Milliseconds that clients have to take their leave. */
const closeTimeout = 1000;
/** Milliseconds for TLS, and again for the headers of the request. */
const requestTimeout = 10_000;
/** Milliseconds between looks at who has exceeded that. Node's own default is 30 s. */
const connectionsCheckingInterval = 2000;

/** Lets clients in over WebSockets and gives their links to a server. */
export class WebSocketListener {
  readonly #server: RemoteServer;
  readonly #options: WebSocketListenerOptions;
  readonly #logger: Logger;
  readonly #http: Server | TlsServer;
  readonly #sockets: WebSocketServer;
  #tokens: readonly string[];
  /** Of any kind, those included that have not said yet what they want. */
  readonly #connections = new Set<Socket>();

  /**
   * @throws {@link ConfigurationError} for an address other than loopback without a token or
   *   client certificates, and for an empty token.
   */
  constructor(server: RemoteServer, options: WebSocketListenerOptions = {}) {
    const { host = '127.0.0.1', tls, maxConnections = 2000 } = options;
    const tokens = assertGuarded(host, options.token, tls);

    this.#server = server;
    this.#options = options;
    this.#tokens = tokens;
    this.#logger = options.logger ?? silentLogger;
    this.#http = this.#createServer(tls);
    this.#http.maxConnections = maxConnections;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload,
      maxFragments,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
    this.#http.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.#http.on('upgrade', (request, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
  }

  /** Resolves with the address as a URL. Rejects if the port cannot be had. */
  async listen(): Promise<string> {
    const { host = '127.0.0.1', port = defaultPort, tls } = this.#options;

    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });

    const { address, port: bound } = this.#http.address() as AddressInfo;
    const shown = address.includes(':') ? `[${address}]` : address;

    return `${tls ? 'wss' : 'ws'}://${shown}:${bound}`;
  }

  /**
   * From now on clients must present this token, or one of these. Sessions that are there go on.
   *
   * @throws {@link ConfigurationError} for an empty one, or none.
   */
  setToken(token: string | readonly string[]): void {
    this.#tokens = listOf(token);
  }

  /** From now on connections are made with these certificates. Those that are there go on. */
  setTls(tls: TlsOptions): void {
    if ('setSecureContext' in this.#http) {
      this.#http.setSecureContext(secureContext(tls));
    }
  }

  /** Lets nobody in any more. Resolves when the port is free. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    // What sessions had to say last is on its way; whoever does not take it is not waited for.
    const timer = setTimeout(() => {
      for (const connection of this.#connections) {
        connection.destroy();
      }
    }, closeTimeout);

    for (const socket of this.#sockets.clients) {
      socket.close();
    }
    this.#http.closeIdleConnections();
    await closed;
    clearTimeout(timer);
  }

  #createServer(tls: TlsOptions | undefined): Server | TlsServer {
    const timeouts = {
      headersTimeout: requestTimeout,
      requestTimeout,
      connectionsCheckingInterval,
    };
    const answer = (_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' });
      response.end('This is a Tureen media server. Connect with @tureen/remote-client.\n');
    };

    return tls
      ? createTlsServer(
          { ...timeouts, ...secureContext(tls), handshakeTimeout: requestTimeout },
          answer,
        )
      : createServer(timeouts, answer);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const from = request.socket.remoteAddress;

    socket.on('error', (error) => this.#logger.debug({ err: error }, 'upgrade failed'));
    if (request.headers.origin !== undefined) {
      // Browsers say where a page came from, and let any page connect to a loopback address.
      this.#logger.warn({ from }, 'client refused: a page in a browser');
      refuse(socket, '403 Forbidden');
    } else if (!isAuthorized(request, this.#tokens)) {
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
}

/**
 * @returns The tokens.
 * @throws {@link ConfigurationError} for an address other than loopback without a token or client
 *   certificates, and for an empty token.
 */
export function assertGuarded(
  host: string,
  token: WebSocketListenerOptions['token'],
  tls: TlsOptions | undefined,
): readonly string[] {
  const tokens = token === undefined ? [] : listOf(token);

  if (!isLoopback(host) && tokens.length === 0 && !tls?.clientCa) {
    throw new ConfigurationError(
      `refusing to listen on ${host} without a token or client certificates: whoever reaches ` +
        `the port would control the media; give a token (--token-file FILE), ask for client ` +
        `certificates (--client-ca FILE) or listen on 127.0.0.1`,
    );
  }

  return tokens;
}

/** What was meant as a token and is none must not let everybody in. */
function listOf(token: string | readonly string[]): readonly string[] {
  const tokens = typeof token === 'string' ? [token] : token;

  if (tokens.length === 0 || tokens.includes('')) {
    throw new ConfigurationError('a token must not be empty');
  }

  return tokens;
}

function secureContext({ cert, key, clientCa }: TlsOptions): SecureContextOptions & {
  requestCert: boolean;
  rejectUnauthorized: boolean;
} {
  const mutual = clientCa !== undefined;

  return {
    cert,
    key,
    ca: clientCa,
    minVersion: 'TLSv1.2',
    requestCert: mutual,
    rejectUnauthorized: mutual,
  };
}

function offersSubprotocol(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? '';

  return offered.split(',').some((name) => name.trim() === subprotocol);
}

/** Does not wait for the other end: a socket that is half open would keep the port. */
function refuse(socket: Duplex, status: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
