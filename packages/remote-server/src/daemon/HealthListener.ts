import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { AddressInfo } from 'node:net';
import { Gauge } from 'prom-client';
import type { RemoteServer } from '../RemoteServer.js';
import type { PrometheusMeter } from './PrometheusMeter.js';

export interface HealthListenerOptions {
  host: string;
  /** 0 for any that is free. */
  port: number;
}

/** Milliseconds of event loop delay from which on new work should go elsewhere. */
const overloadDelay = 500;
/** Milliseconds over which the delay is looked at. */
const overloadWindow = 5000;

/**
 * Answers on a port of its own, meant for the operator's network only:
 * `/livez` (the process runs), `/readyz` (it takes new work), `/metrics` (for Prometheus).
 */
export class HealthListener {
  readonly #server: RemoteServer;
  readonly #meter: PrometheusMeter;
  readonly #options: HealthListenerOptions;
  readonly #http: Server;
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #timer: NodeJS.Timeout | undefined;
  #overloaded = false;

  constructor(server: RemoteServer, meter: PrometheusMeter, options: HealthListenerOptions) {
    this.#server = server;
    this.#meter = meter;
    this.#options = options;
    this.#watch();
    this.#http = createServer((request, response) => void this.#answer(request, response));
  }

  /** Resolves with the address as a URL. Rejects if the port cannot be had. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;

    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, resolve);
    });
    this.#delay.enable();
    this.#timer = setInterval(() => {
      this.#overloaded = this.#delay.percentile(99) / 1e6 > overloadDelay;
      this.#delay.reset();
    }, overloadWindow);
    this.#timer.unref();

    const { address, port: bound } = this.#http.address() as AddressInfo;

    return `http://${address.includes(':') ? `[${address}]` : address}:${bound}`;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#delay.disable();
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (request.url) {
      case '/livez':
        say(response, 200, 'ok\n');
        break;
      case '/readyz':
        this.#readiness(response);
        break;
      case '/metrics':
        response.setHeader('Content-Type', this.#meter.registry.contentType);
        say(response, 200, await this.#meter.registry.metrics());
        break;
      default:
        say(response, 404, 'try /livez, /readyz or /metrics\n');
    }
  }

  #readiness(response: ServerResponse): void {
    const obstacle = this.#obstacle();

    say(response, obstacle ? 503 : 200, `${obstacle ?? 'ok'}\n`);
  }

  /** Why no new work should come here. */
  #obstacle(): string | undefined {
    if (this.#server.state.draining || this.#server.closed) {
      return 'draining';
    }

    return this.#overloaded ? 'overloaded' : undefined;
  }

  #watch(): void {
    const isReady = () => this.#obstacle() === undefined;

    new Gauge({
      name: 'tureen_ready',
      help: '1 while /readyz says so',
      registers: [this.#meter.registry],
      collect() {
        this.set(isReady() ? 1 : 0);
      },
    });
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status);
  response.end(text);
}
