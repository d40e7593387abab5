import {
  errorToWire,
  MessageType,
  Peer,
  ProtocolError,
  rootHandle,
  type CallMessage,
  type ConnectionError,
  type EventRow,
  type Kind,
  type Link,
  type Message,
  type NotifyMessage,
} from '@tureen/protocol';
import { Budget } from './Budget.js';
import { CallsInFlight } from './CallsInFlight.js';
import { Dispatcher, type DispatchOptions, type Dispatched } from './Dispatcher.js';
import { hear, toggle, type Hearer } from './forwarding.js';
import type { Logger } from './Logger.js';
import { Registry } from './Registry.js';
import { Releases } from './Releases.js';
import { meterCall } from './meterCall.js';
import { newObject } from './newObject.js';
import { Teller, type TellerOptions } from './Teller.js';
import { topologyOf } from './sessionTopology.js';
import { Tracked, type RealObject } from './Tracked.js';
import { Turns } from './Turns.js';
import { closeObject } from './workerProcess.js';

export interface SessionOptions extends DispatchOptions, TellerOptions {
  /** Bytes that may wait for the client's acknowledgement. */
  retention: number;
  /** Milliseconds that the session outlives its link. */
  resumeWindow: number;
  logger: Logger;
  onEnd(session: Session): void;
}

/** One client with all that it has created. Nothing of it is visible to other sessions. */
export class Session implements Hearer {
  readonly #peer: Peer;
  readonly #options: SessionOptions;
  readonly #began = performance.now();
  readonly #registry = new Registry();
  readonly #budget: Budget;
  readonly #dispatcher: Dispatcher;
  readonly #root: Tracked;
  readonly #teller: Teller;
  readonly #releases: Releases;
  /** Objects of these kinds that have not been released. */
  readonly objects = (kinds: ReadonlySet<Kind>) => this.#registry.objects(kinds);
  #expiry: NodeJS.Timeout | undefined;
  #ended = false;
  readonly #callsInFlight: CallsInFlight;
  readonly #turns: Turns;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#budget = new Budget(options.limits.bytes);
    this.#root = new Tracked(
      rootHandle,
      'mediasoup',
      options.mediasoup as unknown as RealObject,
      undefined,
      this.#budget,
    );
    this.#registry.add(this.#root);
    this.#dispatcher = new Dispatcher(options, this.#registry, this.#budget);
    this.#callsInFlight = new CallsInFlight(options.limits, this.#budget);
    this.#turns = new Turns({
      call: (message) => this.#call(message),
      fail: (message, error) => this.#fail(message[1], undefined, error),
      hold: (message) => this.#callsInFlight.hold(message),
      ended: () => this.#ended,
      breach: (error) => this.#peer.fail(error),
    });
    this.#peer = new Peer({
      retention: { bytes: options.retention },
      onMessages: (messages) => messages.forEach((message) => this.#receive(message)),
      onDetached: (reason) => this.#detached(reason),
      onBroken: (error) => this.#end(error.message, error),
    });
    this.#teller = new Teller(this.#peer, this.#registry, options);
    this.#releases = new Releases(this.#registry, (released) => {
      this.#peer.send([MessageType.release, released.handle]);
      if (released.kind === 'worker') {
        options.onWorkerGone();
      }
    });
  }

  /** Sequence of the last frame that came from the client. */
  get received(): number {
    return this.#peer.received;
  }

  /** Goes on over this link, whose client got everything up to the frame `received`. */
  attach(link: Link, received: number): void {
    clearTimeout(this.#expiry);
    this.#peer.attach(link, received);
  }

  get attached(): boolean {
    return this.#peer.attached;
  }

  get callsInFlight(): number {
    return this.#callsInFlight.count;
  }

  /** Bytes of memory that count against the limit of the session, by estimate. */
  get bytes(): number {
    return this.#budget.used;
  }

  /** Frames that the client has not acknowledged. */
  get unacknowledged(): number {
    return this.#peer.unacknowledged;
  }

  count(kind: Kind): number {
    return this.#registry.count(kind);
  }

  /** Workers that are being created. */
  get comingWorkers(): number {
    return this.#dispatcher.coming('worker');
  }

  get workers(): readonly RealObject[] {
    return this.#dispatcher.workers;
  }

  /** Counts of its objects, and those of each worker. */
  topology(number: number): ReturnType<typeof topologyOf> {
    return topologyOf(this, number, this.#registry, this.#began);
  }

  /** Passes a log line of one of this session's workers on. */
  log(...line: Parameters<Teller['tellLog']>): void {
    this.#teller.tellLog(...line);
  }

  /** Ends the session and closes everything that it created. */
  close(reason: string): void {
    this.#peer.send([MessageType.goodbye]);
    this.#peer.close(reason);
    this.#end(reason);
  }

  /** Resolves when every worker process of the session has gone. */
  workersGone(): Promise<void> {
    return this.#dispatcher.workersGone();
  }

  #receive(message: Message): void {
    if (this.#ended) {
      return;
    }
    switch (message[0]) {
      case MessageType.call:
        this.#turns.take(message);
        break;
      case MessageType.notify:
        this.#notify(message);
        break;
      case MessageType.listen: {
        const [, handle, event, observer, on] = message;
        const tracked = this.#registry.find(handle);

        if (tracked) {
          toggle(tracked, event, observer, on);
        }
        break;
      }
      case MessageType.share:
        this.#dispatcher.share(message);
        break;
      case MessageType.goodbye:
        this.close('closed by the application');
        break;
      default:
        throw new ProtocolError(`message of type ${String(message[0])} from a client`);
    }
  }

  /** Media flows on: the client may come back. */
  #detached(reason: string): void {
    const { resumeWindow, logger } = this.#options;

    logger.info({ reason, resumeWindow }, 'client disconnected');
    this.#expiry = setTimeout(
      () => this.close(`the client did not come back within ${resumeWindow} ms`),
      resumeWindow,
    );
  }

  /** Resolves when it has been answered; rejects if the answer is a failure. */
  #call(message: CallMessage): Promise<void> {
    const [, id, handle, method] = message;
    const target = this.#registry.find(handle);
    const answered = meterCall(this.#options.meter, target, method);
    const settle = (failed: boolean) => {
      this.#callsInFlight.count -= 1;
      answered(failed);
      this.#releases.settled(target);
    };
    const dispatched = this.#callsInFlight.within(() => this.#dispatcher.call(target, message));

    this.#callsInFlight.count += 1;
    this.#releases.called(target);

    const fail = (error: unknown) => {
      this.#fail(id, target, error);
      settle(true);
      throw error;
    };

    // Failures take no longer than replies: answers go in the order in which mediasoup gave them.
    return dispatched.then((result) => {
      try {
        this.#reply(id, target, result);
      } catch (error) {
        return fail(error);
      }

      return settle(false);
    }, fail);
  }

  #reply(id: number, target: Tracked | undefined, result: Dispatched): void {
    if (this.#ended) {
      // The object came into being after its session had ended.
      if (result.child) {
        closeObject(result.child.real);
      }

      return;
    }
    if (result.child) {
      hear(result.child, this);
      this.#peer.send([MessageType.reply, id, newObject(result.child)]);
    } else {
      this.#teller.tellChanges(target);
      this.#peer.send([MessageType.reply, id, result.value]);
    }
  }

  #fail(id: number, target: Tracked | undefined, error: unknown): void {
    this.#teller.tellChanges(target);
    this.#peer.send([MessageType.failure, id, errorToWire(error, this.#options.sendFullErrors)]);
  }

  #notify(message: NotifyMessage): void {
    const [, handle, method] = message;
    const target = this.#registry.find(handle);

    if (!target || target === this.#root) {
      return;
    }
    if (method === 'close') {
      this.#releases.close(target);

      return;
    }
    try {
      this.#dispatcher.notify(target, message);
    } catch (error) {
      if (error instanceof ProtocolError) {
        throw error;
      }
      this.#options.logger.debug({ err: error, method }, 'notification failed');
    }
  }

  heard(tracked: Tracked, event: string, observer: boolean, how: EventRow, args: unknown[]): void {
    if (this.#ended) {
      return;
    }
    // The client has seen the end that it asked for.
    if (how !== 'close' || !tracked.closeGroup) {
      this.#teller.tellEvent(tracked, event, observer, how, args);
    }
    if ((observer && event === 'close') || event === 'subprocessclose') {
      this.#releases.ended(tracked, event);
    }
  }

  #end(reason: string, error?: ConnectionError): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    clearTimeout(this.#expiry);
    if (error) {
      this.#options.logger.warn({ err: error }, 'session given up');
    } else {
      this.#options.logger.info({ reason, objects: this.#registry.size - 1 }, 'session ended');
    }
    this.#dispatcher.workers.forEach(closeObject);
    this.#options.onEnd(this);
  }
}
