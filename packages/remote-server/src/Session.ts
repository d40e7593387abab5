import {
  errorToWire,
  MessageType,
  Peer,
  ProtocolError,
  rootHandle,
  type CallMessage,
  type ConnectionError,
  type EventRow,
  type Link,
  type LogLevel,
  type Message,
  type NotifyMessage,
} from '@tureen/protocol';
import { Dispatcher, type DispatchOptions, type Dispatched } from './Dispatcher.js';
import { hear, toggle, type Hearer } from './forwarding.js';
import type { Logger } from './Logger.js';
import { Registry } from './Registry.js';
import { processHasGone } from './workerProcess.js';
import { Teller, type TellerOptions } from './Teller.js';
import { Tracked, type CloseGroup, type RealObject } from './Tracked.js';

export interface SessionOptions extends DispatchOptions, TellerOptions {
  /** Milliseconds that the session outlives its link. */
  resumeWindow: number;
  logger: Logger;
  onEnd(session: Session): void;
}

/** One client with all that it has created. Nothing of it is visible to other sessions. */
export class Session implements Hearer {
  readonly #peer: Peer;
  readonly #options: SessionOptions;
  readonly #registry = new Registry();
  readonly #dispatcher: Dispatcher;
  readonly #root: Tracked;
  readonly #teller: Teller;
  #expiry: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#root = new Tracked(
      rootHandle,
      'mediasoup',
      options.mediasoup as unknown as RealObject,
      undefined,
    );
    this.#registry.add(this.#root);
    this.#dispatcher = new Dispatcher(options, this.#registry);
    this.#peer = new Peer({
      onMessages: (messages) => messages.forEach((message) => this.#receive(message)),
      onDetached: (reason) => this.#detached(reason),
      onBroken: (error) => this.#end(error.message, error),
    });
    this.#teller = new Teller(this.#peer, this.#registry, options);
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

  /** Objects that exist in this session, the module itself not counted. */
  get size(): number {
    return this.#registry.size - 1;
  }

  hasWorker(pid: number): boolean {
    return this.#dispatcher.workers.some((worker) => (worker as { pid?: unknown }).pid === pid);
  }

  /** Passes a log line of one of this session's workers on. */
  log(level: LogLevel, namespace: string, text: string): void {
    this.#peer.send([MessageType.log, level, namespace, text]);
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
        this.#call(message);
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

  #call(message: CallMessage): void {
    const [, id, handle] = message;

    if (!Number.isSafeInteger(id)) {
      throw new ProtocolError('call without an id');
    }

    const target = this.#registry.find(handle);
    const dispatched = this.#dispatcher.call(target, message);

    if (target) {
      target.pendingCalls += 1;
    }
    void dispatched
      .then(
        (result) => this.#reply(id, target, result),
        (error: unknown) => this.#fail(id, target, error),
      )
      .then(() => this.#settled(target));
  }

  #reply(id: number, target: Tracked | undefined, result: Dispatched): void {
    if (this.#ended) {
      // The object came into being after its session had ended.
      result.child?.real.close();

      return;
    }
    if (result.child) {
      hear(result.child, this);
      this.#peer.send([MessageType.reply, id, result.child.snapshot()]);
    } else {
      this.#teller.tellChanges(target);
      this.#peer.send([MessageType.reply, id, result.value]);
    }
  }

  #fail(id: number, target: Tracked | undefined, error: unknown): void {
    this.#teller.tellChanges(target);
    this.#peer.send([MessageType.failure, id, errorToWire(error, this.#options.sendFullErrors)]);
  }

  #settled(target: Tracked | undefined): void {
    if (target) {
      target.pendingCalls -= 1;
      if (target.closeGroup) {
        target.closeGroup.pendingCalls -= 1;
        this.#releaseGroup(target.closeGroup);
      } else if (target.real.closed) {
        this.#releaseClosed(target);
      }
    }
  }

  #notify(message: NotifyMessage): void {
    const [, handle, method] = message;
    const target = this.#registry.find(handle);

    if (!target || target === this.#root) {
      return;
    }
    if (method === 'close') {
      this.#close(target);

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

  #close(target: Tracked): void {
    if (!target.closeGroup) {
      const group = this.#registry.group(target);

      target.real.close();
      this.#releaseGroup(group);
    }
  }

  #releaseGroup(group: CloseGroup): void {
    const { root } = group;
    const processLeft = root.kind === 'worker' && !processHasGone(root.real);

    if (group.pendingCalls === 0 && !processLeft) {
      this.#release(root);
    }
  }

  /** For objects that closed without the client asking for it. */
  #releaseClosed(tracked: Tracked): void {
    // With its owner gone too, the owner's release says it for both.
    if (tracked.pendingCalls === 0 && !tracked.owner?.real.closed) {
      this.#release(tracked);
    }
  }

  #release(tracked: Tracked): void {
    this.#registry.release(tracked);
    this.#peer.send([MessageType.release, tracked.handle]);
  }

  heard(tracked: Tracked, event: string, observer: boolean, how: EventRow, args: unknown[]): void {
    if (this.#ended) {
      return;
    }
    // The client has seen the end that it asked for.
    if (how !== 'close' || !tracked.closeGroup) {
      this.#teller.tellEvent(tracked, event, observer, how, args);
    }
    if (observer && event === 'close' && !tracked.closeGroup) {
      this.#releaseClosed(tracked);
    } else if (event === 'subprocessclose' && tracked.closeGroup) {
      this.#releaseGroup(tracked.closeGroup);
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
      this.#options.logger.info({ reason, objects: this.size }, 'session ended');
    }
    for (const worker of this.#dispatcher.workers) {
      worker.close();
    }
    this.#options.onEnd(this);
  }
}
