import { once } from 'node:events';
import { ConnectionError, MemoryLink, type Link } from '@tureen/protocol';
import { RemoteMediasoupClient, type RemoteMediasoupClientOptions } from '@tureen/remote-client';
import { RemoteServer, type RemoteServerOptions } from '@tureen/remote-server';
import * as mediasoup from 'mediasoup';
import { expect, onTestFinished } from 'vitest';
import { until } from '../support/events.js';
import type { Mediasoup } from '../support/targets.js';
import { workerProcesses } from '../support/useTarget.js';

/** Both ends of one connection. */
export interface Connection {
  client: MemoryLink;
  server: MemoryLink;
}

export interface MemoryHostOptions extends Partial<RemoteServerOptions> {
  client?: RemoteMediasoupClientOptions;
  /** What each attempt to connect waits for. */
  beforeDial?(): Promise<void>;
  /** Gives the link that client or server get in place of each end. */
  wrap?(end: Link): Link;
  /** Looks at each new connection before anything is said on it: the place for fences. */
  onConnection?(connection: Connection, index: number): void;
}

/** Client and server in this process, and every link between them in the test's hands. */
export class MemoryHost {
  server: RemoteServer;
  readonly client: RemoteMediasoupClient;
  readonly connections: Connection[] = [];
  /** What the client emitted: 'connected', 'disconnected', 'mediasoup', 'no mediasoup', … */
  readonly events: string[] = [];
  onConnection: (connection: Connection, index: number) => void;
  /** Refuses to connect while true, as a host that cannot be reached. */
  unreachable = false;
  /** Attempts to connect, those refused included. */
  attempts = 0;
  readonly #serverOptions: RemoteServerOptions;
  readonly #wrap: (end: Link) => Link;
  readonly #beforeDial: () => Promise<void>;
  /** Closings that the client has not been told of. */
  readonly #hidden: (() => void)[] = [];
  #hiding = false;

  /** Without leftovers: when the test is over client and server are closed, workers gone. */
  constructor(options: MemoryHostOptions = {}) {
    const { client, onConnection, wrap, beforeDial, ...serverOptions } = options;

    this.onConnection = onConnection ?? (() => undefined);
    this.#wrap = wrap ?? ((end) => end);
    this.#beforeDial = beforeDial ?? (() => Promise.resolve());
    this.#serverOptions = { mediasoup, ...serverOptions };
    this.server = new RemoteServer(this.#serverOptions);
    this.client = new RemoteMediasoupClient(undefined, {
      dial: () => this.#dial(),
      minRedialDelay: 1,
      maxRedialDelay: 4,
      ...client,
    });
    this.#record();
    onTestFinished(() => this.#finish());
  }

  static async start(options: MemoryHostOptions = {}): Promise<MemoryHost> {
    const host = new MemoryHost(options);

    await once(host.client, 'mediasoup');

    return host;
  }

  get mediasoup(): Mediasoup {
    return this.client.mediasoup as Mediasoup;
  }

  /** The connection in use. */
  get connection(): Connection {
    return this.connections.at(-1) as Connection;
  }

  /** A link to the server that no client of ours uses. */
  stranger(): [ours: MemoryLink, theirs: MemoryLink] {
    const [ours, theirs] = MemoryLink.pair();

    this.server.accept(theirs);

    return [ours, theirs];
  }

  /** Ends the connection in use for both, and waits until the client knows. */
  async cut(): Promise<void> {
    const gone = once(this.client, 'disconnected');

    this.connection.client.close('cut');
    await gone;
  }

  /** Cuts, and lets no other connection come about until {@link reconnect}. */
  async detach(): Promise<void> {
    this.unreachable = true;
    await this.cut();
  }

  /** Cuts for the server only; the client notices when the condition is met. */
  async halfOpen(condition: () => boolean): Promise<void> {
    this.#hiding = true;
    this.connection.server.close('cut');
    await until('the end of a half-open connection', condition);
    this.#hiding = false;
    this.#hidden.splice(0).forEach((tell) => tell());
  }

  async reconnect(): Promise<void> {
    const connected = once(this.client, 'connected');

    this.unreachable = false;
    await connected;
  }

  /** Another server takes the place of one that was closed. */
  takeOver(): void {
    this.server = new RemoteServer(this.#serverOptions);
  }

  /** Waits until the server has no object of any session, while the sessions live. */
  async untilEmpty(): Promise<void> {
    await until('every handle released', () => objectsOf(this.server) === 0);
  }

  async #dial(): Promise<Link> {
    this.attempts += 1;
    await this.#beforeDial();
    if (this.unreachable) {
      throw new ConnectionError('unreachable');
    }

    const [client, server] = MemoryLink.pair();
    const connection = { client, server };

    this.#hideClosing(client);
    this.onConnection(connection, this.connections.length);
    this.connections.push(connection);
    this.server.accept(this.#wrap(server));

    return this.#wrap(client);
  }

  #hideClosing(link: MemoryLink): void {
    const close = link.close.bind(link);

    link.close = (reason) => {
      if (this.#hiding) {
        this.#hidden.push(() => close(reason));
      } else {
        close(reason);
      }
    };
  }

  #record(): void {
    const { client, events } = this;

    client.on('connected', () => events.push('connected'));
    client.on('disconnected', () => events.push('disconnected'));
    client.on('mediasoup', (object) => events.push(object ? 'mediasoup' : 'no mediasoup'));
    client.on('error', ({ name }) => events.push(`error ${name}`));
    client.on('close', () => events.push('close'));
  }

  async #finish(): Promise<void> {
    this.client.close();
    await this.server.close();
    expect(this.server.sessions).toBe(0);
    expect(workerProcesses()).toEqual([]);
  }
}

/** How many objects the sessions of a server have. */
export function objectsOf(server: RemoteServer): number {
  return Object.values(server.state.objects).reduce((sum, count) => sum + count, 0);
}
