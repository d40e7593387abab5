import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  near: Socket;
  far: Socket;
}

/**
 * A TCP proxy between a client and a daemon whose faults a test decides: cut, stall, delay. It
 * reorders nothing but time.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<Pair>();
  #stalled = false;
  #delay = 0;
  #refusing = false;
  /** Connections that were accepted so far. */
  accepted = 0;
  /** Bytes that came through, from the client and from the daemon. */
  readonly bytes = { up: 0, down: 0 };

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((near) => this.#accept(near));
  }

  static async start(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(target));

    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');

    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that are there now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Ends every connection at once, as a cut cable that both ends notice. */
  cut(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Ends every connection for the daemon only: the client does not notice. */
  halfOpen(): void {
    for (const { far } of this.#pairs) {
      far.destroy();
    }
  }

  /** Holds all bytes of all connections back, until {@link flow}. */
  stall(): void {
    this.#stalled = true;
    for (const { near, far } of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  flow(): void {
    this.#stalled = false;
    for (const { near, far } of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  /** @param milliseconds - In each direction, for connections and bytes from now on. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  /** Ends each new connection at once, while `refuse` is true. */
  refuse(refuse: boolean): void {
    this.#refusing = refuse;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    if (this.#refusing) {
      near.destroy();

      return;
    }

    const far = connect(Number(this.#target.port), this.#target.hostname);
    const pair = { near, far };

    this.accepted += 1;
    this.#pairs.add(pair);
    near.setNoDelay();
    far.setNoDelay();
    this.#join(near, far, 'up', pair);
    this.#join(far, near, 'down', pair);
    if (this.#stalled) {
      near.pause();
      far.pause();
    }
  }

  #join(from: Socket, to: Socket, direction: 'up' | 'down', pair: Pair): void {
    from.on('data', (data) => {
      this.bytes[direction] += data.length;
      this.#later(() => to.writable && to.write(data));
    });
    from.on('end', () => this.#later(() => to.end()));
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#pairs.delete(pair);
      if (direction === 'up') {
        this.#later(() => to.destroy());
      }
    });
  }

  #later(action: () => void): void {
    if (this.#delay > 0) {
      setTimeout(action, this.#delay);
    } else {
      action();
    }
  }
}
