import type { types } from 'mediasoup';
import { createOwned } from './createOwned.js';
import { type EarlyCall, withEarly } from './early.js';
import { endOptions } from './endOptions.js';
import { PipeError } from './PipeError.js';
import { withDeadline } from './withDeadline.js';

export interface PipePairOptions {
  /** Of both transports; between two hosts they differ (see {@link endOptions}). */
  transport: types.PipeTransportOptions;
  /** Milliseconds that each step may take; 0 leaves it to the calls. */
  timeout: number;
  /** What the transports get as appData. Default: one that hides them from the application. */
  appData?: () => types.AppData;
  /** Thrown if one end closes meanwhile. Default: a PipeError. */
  closedError?: () => Error;
}

/** The end that is asked for a stream at the same time as it is made, where that is possible. */
export interface EarlyEnd {
  router: types.Router;
  call: EarlyCall;
}

const closedMeanwhile = () => new PipeError('one end of a pipe closed while it was being built');

/** Two PipeTransports, one in each of two routers. They close together. */
export class PipePair {
  /**
   * Rejects if they cannot be connected; then both are closed. The other end can be asked for
   * streams before, which saves the time that it takes.
   */
  readonly connected: Promise<void>;
  #dataReady: Promise<void> | undefined;

  private constructor(
    private readonly ends: ReadonlyMap<types.Router, types.PipeTransport>,
    /** Milliseconds that each step may take. */
    readonly timeout: number,
    private readonly closedError: () => Error,
  ) {
    this.connected = this.#connect();
    // Whoever pipes something handles the error; nobody may.
    this.connected.catch(() => undefined);
  }

  /**
   * Resolves when both transports are there, and being connected.
   *
   * @param options.onClose - Called once: when the pair closes, or when it could not be made.
   * @throws PipeError or what mediasoup says. Then neither transport is left.
   */
  static async create(
    one: types.Router,
    two: types.Router,
    { onClose, ...options }: PipePairOptions & { onClose: () => void; early?: EarlyEnd },
  ): Promise<PipePair> {
    const { closedError = closedMeanwhile } = options;
    const created = await Promise.allSettled(createEnds([one, two], options));
    const ends = created.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));

    try {
      const failed = created.find((end) => end.status === 'rejected');

      if (failed) {
        throw failed.reason;
      }
      closeTogether(ends[0]!, ends[1]!, onClose);
      assertOpen(ends, closedError);

      return new PipePair(
        new Map([
          [one, ends[0]!],
          [two, ends[1]!],
        ]),
        options.timeout,
        closedError,
      );
    } catch (error) {
      ends.forEach((end) => end.close());
      onClose();
      throw error;
    }
  }

  /** The transport in one of the two routers. */
  endIn(router: types.Router): types.PipeTransport {
    return this.ends.get(router) as types.PipeTransport;
  }

  /**
   * Fulfilled when messages can pass. Until then they would be lost, while between transports of
   * one router they are not.
   */
  dataReady(): Promise<void> {
    this.#dataReady ??= withDeadline(
      Promise.all([...this.ends.values()].map(sctpConnected)).then(() => undefined),
      this.timeout,
      'connecting SCTP between two pipe transports',
    ).catch((error: unknown) => {
      // The next one that needs it makes a new pair.
      this.close();
      throw error;
    });

    return this.#dataReady;
  }

  close(): void {
    for (const end of this.ends.values()) {
      end.close();
    }
  }

  async #connect(): Promise<void> {
    const [one, two] = [...this.ends.values()] as [types.PipeTransport, types.PipeTransport];

    try {
      await withDeadline(
        Promise.all([connect(one, two), connect(two, one)]),
        this.timeout,
        'connecting two pipe transports',
      );
      assertOpen([one, two], this.closedError);
    } catch (error) {
      this.close();
      throw error;
    }
  }
}

function createEnds(
  routers: [types.Router, types.Router],
  { transport, timeout, appData, early }: PipePairOptions & { early?: EarlyEnd },
): Promise<types.PipeTransport>[] {
  let options: types.PipeTransportOptions[];

  try {
    options = endOptions(...routers, transport);
  } catch (error) {
    return [Promise.reject(error as Error)];
  }

  return routers.map((router, index) =>
    createOwned(
      router.observer,
      'newtransport',
      timeout,
      (mark) => {
        const own = { ...options[index]!, appData: mark };

        return router.createPipeTransport(
          router === early?.router ? withEarly(own, early.call) : own,
        );
      },
      appData?.(),
    ),
  );
}

function closeTogether(
  one: types.PipeTransport,
  two: types.PipeTransport,
  onClose: () => void,
): void {
  for (const [end, other] of [
    [one, two],
    [two, one],
  ] as const) {
    end.observer.once('close', () => {
      onClose();
      other.close();
    });
  }
}

function connect(transport: types.PipeTransport, other: types.PipeTransport): Promise<void> {
  return transport.connect({
    ip: other.tuple.localAddress,
    port: other.tuple.localPort,
    srtpParameters: other.srtpParameters,
  });
}

/** @throws PipeError, or what `error` gives, if one of them has closed meanwhile. */
export function assertOpen(
  objects: readonly { closed: boolean }[],
  error: () => Error = closedMeanwhile,
): void {
  if (objects.some(({ closed }) => closed)) {
    throw error();
  }
}

function sctpConnected(transport: types.PipeTransport): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = () => {
      if (transport.closed) {
        settle();
        reject(new PipeError('a pipe transport closed before SCTP was connected'));
      } else if (transport.sctpState === 'connected') {
        settle();
        resolve();
      }
    };
    const settle = () => {
      transport.observer.off('sctpstatechange', check);
      transport.observer.off('close', check);
    };

    transport.observer.on('sctpstatechange', check);
    transport.observer.on('close', check);
    check();
  });
}
