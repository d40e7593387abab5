import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  near: Socket;
  far: Socket;
  /** What the client sent first: its upgrade and its first frames. */
  opening: { chunks: Buffer[]; bytes: number };
}

/** Bytes of a connection's beginning that can be sent again. */
const openingLimit = 64 * 1024;

/**
 * A TCP proxy between a client and a daemon whose faults a test decides: cut, stall, delay. It
 * reorders nothing but time.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<Pair>();
  #stalled = { up: false, down: false };
  #newest: Pair | undefined;
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

  /** Connections that are there now, be it for one of both ends. */
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

  /**
   * Holds all bytes of all connections back, until {@link flow}.
   *
   * @param direction - Only those from the client (`up`: a daemon that does not read), or only
   *   those from the daemon (`down`: a client that does not read). Default: both.
   */
  stall(direction?: 'up' | 'down'): void {
    this.#stalled = { up: direction !== 'down', down: direction !== 'up' };
    for (const pair of this.#pairs) {
      this.#hold(pair);
    }
  }

  flow(): void {
    this.#stalled = { up: false, down: false };
    for (const { near, far } of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  /**
   * Sends what the newest connection began with to the daemon once more, over a connection of its
   * own that nobody listens to, as somebody who had recorded it would. Resolves when the daemon
   * has answered.
   *
   * @returns The connection, for the test to end.
   */
  async duplicate(): Promise<Socket> {
    const copy = connect(Number(this.#target.port), this.#target.hostname);

    copy.on('error', () => undefined);
    copy.write(Buffer.concat(this.#newest?.opening.chunks ?? []));
    await once(copy, 'data');
    copy.resume();

    return copy;
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
    const pair: Pair = { near, far, opening: { chunks: [], bytes: 0 } };

    this.accepted += 1;
    this.#pairs.add(pair);
    this.#newest = pair;
    near.setNoDelay();
    far.setNoDelay();
    this.#join(near, far, 'up', pair);
    this.#join(far, near, 'down', pair);
    this.#hold(pair);
  }

  #hold({ near, far }: Pair): void {
    if (this.#stalled.up) {
      near.pause();
    }
    if (this.#stalled.down) {
      far.pause();
    }
  }

  #join(from: Socket, to: Socket, direction: 'up' | 'down', pair: Pair): void {
    const lane = new Lane();
    const later = (action: () => void) => lane.add(this.#delay, action);

    from.on('data', (data) => {
      this.bytes[direction] += data.length;
      if (direction === 'up') {
        record(pair, data);
      }
      later(() => to.writable && to.write(data));
    });
    from.on('end', () => later(() => to.end()));
    from.on('error', () => undefined);
    from.on('close', (failed) => {
      if (to.destroyed) {
        this.#pairs.delete(pair);
      }
      if (failed) {
        // As a reset would, had it come all the way.
        later(() => to.resetAndDestroy());
      } else if (direction === 'up') {
        later(() => to.destroy());
      }
    });
  }
}

function record({ opening }: Pair, data: Buffer): void {
  opening.bytes += data.length;
  if (opening.bytes <= openingLimit) {
    opening.chunks.push(data);
  }
}

/** Does things later, never in another order. */
class Lane {
  readonly #waiting: (() => void)[] = [];

  add(delay: number, action: () => void): void {
    if (delay === 0 && this.#waiting.length === 0) {
      action();

      return;
    }
    this.#waiting.push(action);
    setTimeout(() => this.#waiting.shift()?.(), delay);
  }
}
