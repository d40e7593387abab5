import {
  type EarlyCall,
  type EarlyConsume,
  ignore,
  isEarly,
  PipeError,
  type PipePairOptions,
} from '@tureen/manager';
import type { types } from 'mediasoup';
import type { RealRouter } from '../RealRouter.js';

/** What both kinds of producers, and both kinds of consumers, have in common here. */
export interface Closable {
  readonly id: string;
  readonly closed: boolean;
  close(): void;
}

/** The two ends of a stream that is piped from one real router to another. */
export interface PipedStream {
  /** In the router that the stream comes from. */
  consumer: Closable;
  /** In the other; has the id of the original producer. */
  producer: Closable;
  /** Ends what keeps both in step with the original. */
  unlink(): void;
}

export interface CopyOptions {
  /** The original's. */
  home: RealRouter;
  /** Another copy, that this one is made from; undefined: it is made from the original. */
  parent?: Copy;
  to: RealRouter;
  /** Of the original. */
  producerId: string;
  /** Of what is piped; undefined for messages. */
  kind?: types.MediaKind;
  pair: PipePairOptions;
  /** Milliseconds without a user after which it closes. */
  idleTimeout: number;
  pipe(copy: Copy): Promise<PipedStream>;
  /** Called once, when it is over or could not be made. */
  onClose(copy: Copy): void;
}

/**
 * A producer's second home: it exists as long as somebody consumes the producer there, or a copy is
 * made from it, and a while longer. All who want it at once share one.
 */
export class Copy {
  readonly from: RealRouter;
  readonly to: RealRouter;
  readonly parent: Copy | undefined;
  /** How many pipes its stream passes. */
  readonly depth: number;
  /**
   * The id that it has: that of the original, or undefined for any, where the worker has a producer
   * of that id already, as when the application pipes between two of its routers.
   */
  readonly producerId: string | undefined;
  /** Rejects if it cannot be made; then nothing is left of it. */
  readonly ready: Promise<void>;
  /**
   * Resolves when its producer has been asked for; to what can come after that call if it need not
   * wait for the answer. Undefined if it has to, and if nothing comes of it.
   */
  readonly producing: Promise<EarlyCall | undefined>;
  readonly #children = new Set<Copy>();
  #stream: PipedStream | undefined;
  #early: EarlyCall | undefined;
  #isProducing!: (early: EarlyCall | undefined) => void;
  #isBuilding = true;
  #users = 0;
  #closed = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: CopyOptions) {
    this.parent = options.parent;
    this.from = this.parent?.to ?? options.home;
    this.to = options.to;
    this.depth = (this.parent?.depth ?? 0) + 1;
    this.parent?.addChild(this);
    for (const end of [this.from, this.to]) {
      end.retain();
      if (options.kind) {
        end.pipes[options.kind] += 1;
      }
    }
    this.producerId = claim(this.to.slot.producerIds, options.producerId);
    this.producing = new Promise((resolve) => (this.#isProducing = resolve));
    this.ready = this.#build();
    // Whoever waits for it handles the error; nobody may.
    this.ready.catch(() => undefined);
  }

  get stream(): PipedStream | undefined {
    return this.#stream;
  }

  /** The id that it has in its router, as far as that is known. */
  get id(): string | undefined {
    return this.#stream?.producer.id ?? (this.#early && this.producerId);
  }

  get closed(): boolean {
    return this.#closed;
  }

  get users(): number {
    return this.#users;
  }

  /** Keeps it open until {@link release}. */
  retain(): void {
    this.#users += 1;
    clearTimeout(this.#idleTimer);
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0 && !this.#closed) {
      this.#idleTimer = setTimeout(() => this.close(), this.options.idleTimeout);
      this.#idleTimer.unref();
    }
  }

  /**
   * Closes both ends: first the one that sends, so that nothing is sent to nobody. What was copied
   * from it gets nothing more, and closes as well.
   */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    this.#stream?.unlink();
    this.#stream?.consumer.close();
    this.#stream?.producer.close();
    for (const end of [this.from, this.to]) {
      end.release();
      if (this.options.kind) {
        end.pipes[this.options.kind] -= 1;
      }
    }
    this.#giveBackId();
    this.options.onClose(this);
    for (const child of [...this.#children]) {
      child.close();
    }
    this.parent?.removeChild(this);
  }

  /** It is kept open for what is made from it. */
  addChild(child: Copy): void {
    this.#children.add(child);
    this.retain();
  }

  removeChild(child: Copy): void {
    this.#children.delete(child);
    this.release();
  }

  /** Its producer has been asked for; others may be asked for what comes after that. */
  produceAsked(call: EarlyCall): void {
    // Under any other id than that of the original nobody can know it yet.
    this.#early = isEarly(call) && this.producerId !== undefined ? call : undefined;
    this.#isProducing(this.#early);
  }

  /** Not as long as something may still come of what was asked for. */
  #giveBackId(): void {
    if (this.producerId !== undefined && !this.#isBuilding) {
      this.to.slot.producerIds.delete(this.producerId);
    }
  }

  async #build(): Promise<void> {
    try {
      const stream = await this.options.pipe(this);

      this.#stream = stream;
      if (this.#closed) {
        stream.unlink();
        stream.consumer.close();
        stream.producer.close();
        throw new PipeError('what a pipe was being built for has closed meanwhile');
      }
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#isBuilding = false;
      this.#isProducing(undefined);
      if (this.#closed) {
        this.#giveBackId();
      }
    }
  }

  /**
   * The transports to build it on.
   *
   * @param ask - Asks for the stream by the id that it has where it comes from: together with the
   *   transport there, where that can be done.
   */
  async ends<C>(ask: (consume: EarlyConsume, sourceId: string) => Promise<C>): Promise<{
    /** The id that the stream has in the router that it comes from. */
    sourceId: string;
    /** The stream, if it has been asked for. */
    asked: Promise<C> | undefined;
    source: types.PipeTransport;
    target: types.PipeTransport;
    /** Being connected at the same time as the first stream is asked for. */
    connected: Promise<void>;
    dataReady: () => Promise<void>;
    /** Milliseconds that each step may take. */
    timeout: number;
  }> {
    const early: EarlyCall = {};
    const making = this.from.pairWith(this.to, this.options.pair, early);
    const known = this.parent ? this.parent.stream?.producer.id : this.options.producerId;
    const asked = known !== undefined && isEarly(early) ? ask(early.consume, known) : undefined;

    // If there is no pair, that is what is told.
    asked?.catch(ignore);

    // The pair is being made while what it is to carry is still on its way.
    const [pair] = await Promise.all([making, ...(this.parent ? [this.parent.ready] : [])]);

    return {
      sourceId: this.parent?.stream?.producer.id ?? this.options.producerId,
      asked,
      source: pair.endIn(this.from.router),
      target: pair.endIn(this.to.router),
      connected: pair.connected,
      dataReady: () => pair.dataReady(),
      timeout: pair.timeout,
    };
  }
}

function claim(ids: Set<string>, id: string): string | undefined {
  return ids.has(id) ? undefined : (ids.add(id), id);
}
