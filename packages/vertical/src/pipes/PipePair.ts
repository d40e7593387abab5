import type { types } from 'mediasoup';
import { createOwned } from './createOwned.js';
import { PipeError } from './PipeError.js';
import { withDeadline } from './withDeadline.js';

export interface PipePairOptions {
  /** Of both transports. */
  transport: types.PipeTransportOptions;
  /** Milliseconds that each step may take. */
  timeout: number;
}

/** Two connected PipeTransports, one in each of two routers. They close together. */
export class PipePair {
  #dataReady: Promise<void> | undefined;

  private constructor(
    private readonly ends: ReadonlyMap<types.Router, types.PipeTransport>,
    /** Milliseconds that each step may take. */
    readonly timeout: number,
  ) {}

  /**
   * @param options.onClose - Called once: when the pair closes, or when it could not be made.
   * @throws PipeError or what mediasoup says. Then neither transport is left.
   */
  static async create(
    one: types.Router,
    two: types.Router,
    { transport, timeout, onClose }: PipePairOptions & { onClose: () => void },
  ): Promise<PipePair> {
    const created = await Promise.allSettled(
      [one, two].map((router) =>
        createOwned(router.observer, 'newtransport', timeout, (appData) =>
          router.createPipeTransport({ ...transport, appData }),
        ),
      ),
    );
    const ends = created.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));

    try {
      const failed = created.find((end) => end.status === 'rejected');

      if (failed) {
        throw failed.reason;
      }
      closeTogether(ends[0]!, ends[1]!, onClose);
      assertOpen(...ends);
      await withDeadline(
        Promise.all([connect(ends[0]!, ends[1]!), connect(ends[1]!, ends[0]!)]),
        timeout,
        'connecting two pipe transports',
      );
      assertOpen(...ends);

      return new PipePair(
        new Map([
          [one, ends[0]!],
          [two, ends[1]!],
        ]),
        timeout,
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

/** @throws PipeError if one of them has closed meanwhile. */
export function assertOpen(...objects: readonly { closed: boolean }[]): void {
  if (objects.some(({ closed }) => closed)) {
    throw new PipeError('one end of a pipe closed while it was being built');
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
