import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { AddressInfo } from 'node:net';
import { Gauge, type Registry } from 'prom-client';

/** What the daemon says of itself. */
export interface HealthSource {
  /** Why it takes no new work; undefined if it does. Never rejects. */
  unready(): Promise<string | undefined>;
  metrics: Registry;
  /** Undefined as long as nothing is served. */
  topology(): Promise<object | undefined>;
}

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
 * `/livez` (the process runs), `/readyz` (it takes new work), `/metrics` (for Prometheus),
 * `/topology` (what is served, in figures).
 */
export class HealthListener {
  readonly #source: HealthSource;
  readonly #options: HealthListenerOptions;
  readonly #http: Server;
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #timer: NodeJS.Timeout | undefined;
  #overloaded = false;

  constructor(source: HealthSource, options: HealthListenerOptions) {
    this.#source = source;
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
        await this.#readiness(response);
        break;
      case '/metrics':
        response.setHeader('Content-Type', this.#source.metrics.contentType);
        say(response, 200, await this.#source.metrics.metrics());
        break;
      case '/topology':
        await this.#topology(response);
        break;
      default:
        say(response, 404, 'try /livez, /readyz, /metrics or /topology\n');
    }
  }

  async #readiness(response: ServerResponse): Promise<void> {
    const obstacle = await this.#obstacle();

    say(response, obstacle ? 503 : 200, `${obstacle ?? 'ok'}\n`);
  }

  async #topology(response: ServerResponse): Promise<void> {
    try {
      const topology = await this.#source.topology();

      response.setHeader('Content-Type', 'application/json');
      say(response, topology ? 200 : 503, `${JSON.stringify(topology ?? null, undefined, 2)}\n`);
    } catch {
      // It is about to end.
      say(response, 503, 'null\n');
    }
  }

  /** Why no new work should come here. */
  async #obstacle(): Promise<string | undefined> {
    return (await this.#source.unready()) ?? (this.#overloaded ? 'overloaded' : undefined);
  }

  #watch(): void {
    const isReady = async () => (await this.#obstacle()) === undefined;

    new Gauge({
      name: 'tureen_ready',
      help: '1 while /readyz says so',
      registers: [this.#source.metrics],
      async collect() {
        this.set((await isReady()) ? 1 : 0);
      },
    });
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status);
  response.end(text);
}
