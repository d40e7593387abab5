import {
  MessageType,
  Peer,
  PendingCalls,
  ProtocolError,
  rootHandle,
  rows,
  SessionLostError,
  errorFromWire,
  type ConnectionError,
  type ErrorClasses,
  type Kind,
  type Link,
  type LogMessage,
  type Message,
} from '@tureen/protocol';
import { backlogError } from './backlogError.js';
import { lossyBacklog, maxMessage } from './bounds.js';
import { closeByApplication, subprocessClosed, workerDied } from './closing.js';
import { Core } from './Core.js';
import { Creations, ownerOf } from './Creations.js';
import { EventDelivery } from './EventDelivery.js';
import { Inbox } from './Inbox.js';
import type { EnhancedEventEmitter } from './library.js';
import { loggerOf } from './loggers.js';
import type { Mirror } from './Mirror.js';
import { ObjectTable } from './ObjectTable.js';
import { channelClosedError, sessionOverError } from './sessionOverError.js';
import { SharedValues } from './SharedValues.js';
import { callMessage, type Outgoing } from './outgoing.js';

export interface ClientSessionOptions {
  errorClasses: ErrorClasses;
  /** Milliseconds; 0 for never. */
  requestTimeout: number;
  /** Where new workers are announced. */
  observer: EnhancedEventEmitter;
  /** Gives the object of the class for that kind. */
  build(kind: Exclude<Kind, 'mediasoup'>, core: Core): Mirror;
  onWorkerDied(error: Error): void;
  onLog(message: LogMessage, worker: Mirror | undefined): void;
  /** The link has gone; objects are untouched, and calls wait for the next one. */
  onDetached(reason: string): void;
  /** There is no going on with this session. */
  onBroken(error: ConnectionError): void;
}

/** The client's end of a session: its objects, the calls on them, and what the server says of them. */
export class ClientSession {
  readonly root: Core;
  readonly shared = new SharedValues((number, value) => {
    if (this.#peer.full) {
      throw backlogError('share');
    }
    this.#peer.send([MessageType.share, number, value]);
  });
  readonly events: EventDelivery;
  readonly #options: ClientSessionOptions;
  readonly #peer: Peer;
  readonly #calls: PendingCalls<unknown>;
  readonly #inbox: Inbox;
  readonly #objects = new ObjectTable();
  readonly #creations: Creations;
  #over: string | undefined;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    this.root = new Core(this, rootHandle, 'mediasoup', rows.mediasoup, {}, undefined);
    this.#calls = new PendingCalls(options.requestTimeout);
    this.#inbox = new Inbox({
      process: (message) => this.#receive(message),
      calledObject: (id) => this.#calls.get(id)?.handle,
    });
    this.#peer = new Peer({
      untrusted: false,
      foreign: true,
      maxMessage,
      onMessages: (messages) => this.#inbox.receive(messages),
      onDetached: (reason) => options.onDetached(reason),
      onBroken: (error) => options.onBroken(error),
    });
    this.#creations = new Creations({
      ...options,
      session: this,
      objects: this.#objects,
      call: (call) => this.#call(call),
      close: (handle) => this.#close(handle),
    });
    this.events = new EventDelivery({ ...options, objects: this.#objects, peer: this.#peer });
  }

  /** Sequence of the last frame that came from the server. */
  get received(): number {
    return this.#peer.received;
  }

  get attached(): boolean {
    return this.#peer.attached;
  }

  /** Goes on over this link, whose server got everything up to the frame `received`. */
  attach(link: Link, received: number): void {
    this.#peer.attach(link, received);
  }

  async call(core: Core, method: string, args: readonly unknown[]): Promise<unknown> {
    return this.#call({ handle: core.handle, method, args }).answer;
  }

  /** Calls a method that creates an object, and resolves with it. */
  create(
    owner: Core,
    method: string,
    kind: Exclude<Kind, 'mediasoup'>,
    args: readonly unknown[],
  ): Promise<Mirror> {
    return this.#creations.create(ownerOf(owner), method, kind, args);
  }

  notify(
    core: Core,
    method: string,
    args: readonly unknown[],
    urgency: 'prompt' | 'lossy' = 'prompt',
  ): void {
    try {
      this.#peer.send([MessageType.notify, core.handle, method, args], urgency);
    } catch (error) {
      // As mediasoup, which logs what is too big for its channel and goes on.
      loggerOf(core.kind).error(`${method}() | notification too big`, error as Error);
    }
  }

  /**
   * A notification that must not be lost, and can be refused.
   *
   * @throws BacklogError if too much waits for the server already.
   */
  notifyReliably(core: Core, method: string, args: readonly unknown[]): void {
    if (this.#peer.full) {
      throw backlogError(method);
    }
    this.notify(core, method, args);
  }

  /** As {@link notify}, but dropped if there is no connection, or one that does not keep up. */
  notifyLossy(core: Core, method: string, args: readonly unknown[]): void {
    if (this.#peer.backlog <= lossyBacklog) {
      this.notify(core, method, args, 'lossy');
    }
  }

  /** The application closes a worker: what it asked of it is aborted, as by mediasoup's channel. */
  abortCalls(worker: Core): void {
    const below = ({ handle }: { handle: number }) => this.#objects.get(handle)?.worker === worker;

    this.#calls.giveUp(below, channelClosedError);
  }

  /** The session is over without the application's doing: all its workers die. */
  lose(reason: string): void {
    const error = new SessionLostError(`session lost: ${reason}`);
    const ending = this.#objects.endingWorkers();

    this.#peer.close(reason);
    this.#finish(reason);
    for (const worker of this.root.childrenOf('worker') ?? []) {
      workerDied(worker, error);
      this.#options.onWorkerDied(error);
    }
    ending.forEach(subprocessClosed);
  }

  /** Tells the server that this is the end, and nobody here: for a process that exits. */
  leave(): void {
    this.#peer.send([MessageType.goodbye]);
    this.#peer.close('closed by the application');
  }

  /** The application ends the session: all its workers close. */
  end(): void {
    const ending = this.#objects.endingWorkers();

    this.leave();
    this.#finish('the client was closed');
    for (const worker of this.root.childrenOf('worker') ?? []) {
      closeByApplication(worker);
      subprocessClosed(worker);
    }
    ending.forEach(subprocessClosed);
  }

  #finish(reason: string): void {
    this.#over = reason;
    this.#inbox.close();
    this.#objects.clear();
    this.#calls.rejectAll(({ method, handle }) => sessionOverError(reason, method, handle));
  }

  /** `build` runs when the answer is processed, before anything that came after it. */
  #call({ handle, method, args, childHandle, after, build = (value) => value }: Outgoing): {
    id: number;
    answer: Promise<unknown>;
  } {
    if (this.#over !== undefined) {
      return { id: 0, answer: Promise.reject(sessionOverError(this.#over, method, handle)) };
    }
    if (this.#peer.full) {
      return { id: 0, answer: Promise.reject(backlogError(method)) };
    }

    let id = 0;
    const answer = new Promise((resolve, reject) => {
      id = this.#calls.add({
        handle,
        method,
        resolve: (value) => resolve(build(value)),
        reject,
        // Whoever wanted the object has been told that it may not exist; so it shall not.
        late: () => childHandle !== undefined && this.#close(childHandle),
      });
    });

    try {
      this.#peer.send(callMessage(id, handle, method, args, childHandle, after));
    } catch (cause) {
      this.#calls.reject(id, new Error(`request too big [method:${method}]`, { cause }));
    }

    return { id, answer };
  }

  #close(handle: number): void {
    this.#peer.send([MessageType.notify, handle, 'close', []]);
  }

  /** Also runs long after the frame of the message has been taken. */
  #receive(message: Message): void {
    try {
      this.#process(message);
    } catch (error) {
      this.#peer.fail(error);
    }
  }

  #process(message: Message): void {
    switch (message[0]) {
      case MessageType.reply:
        this.#calls.resolve(message[1], message[2]);
        break;
      case MessageType.failure:
        this.shared.failed(message[2]);
        this.#calls.reject(message[1], errorFromWire(message[2], this.#options.errorClasses));
        break;
      case MessageType.patch:
        this.#objects.patch(message[1], message[2]);
        break;
      case MessageType.event:
      case MessageType.observerEvent:
        this.events.deliver(message);
        break;
      case MessageType.release:
        this.#objects.forget(message[1]);
        break;
      case MessageType.log:
        this.#options.onLog(message, this.#objects.worker(message[4]));
        break;
      case MessageType.goodbye:
        this.#options.onBroken(new SessionLostError('ended by the server'));
        break;
      default:
        throw new ProtocolError(`message of type ${String(message[0])} from a server`);
    }
  }
}
