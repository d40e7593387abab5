import {
  AuthenticationError,
  ConnectionError,
  VersionMismatchError,
  type Link,
  type SessionKey,
  type Welcome,
} from '@tureen/protocol';
import type { ClientSession } from './ClientSession.js';
import { greet, sayGoodbye } from './greet.js';
import { onExit } from './onExit.js';
import { RedialDelay } from './RedialDelay.js';

export interface ConnectionOptions {
  /** The signal says that nobody waits for the link any more. */
  dial(signal: AbortSignal): Promise<Link>;
  /** Milliseconds. */
  handshakeTimeout: number;
  /** Milliseconds. */
  minRedialDelay: number;
  /** Milliseconds. */
  maxRedialDelay: number;
  refusalEndsSession: boolean;
  makeSession(events: SessionEvents): ClientSession;
  /** A link carries a session, a new one or the one of before. */
  onAttached(session: ClientSession, welcome: Welcome): void;
  /** The session has no link for now. */
  onDetached(reason: string): void;
  /** The session is over. */
  onLost(session: ClientSession, reason: string): void;
  /** An attempt failed. If it is final there will be no other. */
  onFailed(error: ConnectionError, final: boolean): void;
}

export interface SessionEvents {
  onDetached(reason: string): void;
  onBroken(error: ConnectionError): void;
}

interface Current {
  session: ClientSession;
  key: SessionKey;
  /** Milliseconds that the server keeps the session without a link. */
  resumeWindow: number;
  /** Runs while there is no link. */
  expiry?: NodeJS.Timeout;
}

/**
 * Keeps one session with a server over whatever links can be had, and begins another session when
 * it is lost, until it is closed.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #delay: RedialDelay;
  readonly #abort = new AbortController();
  #current: Current | undefined;
  readonly #forgetExit: () => void;
  /** Wakes whoever waits for the link to go. */
  #linkGone: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#delay = new RedialDelay(options.minRedialDelay, options.maxRedialDelay);
    // Otherwise the server would wait for a process that is gone to come back.
    this.#forgetExit = onExit(() => this.session?.leave());
    void this.#run();
  }

  /** The session, whether or not it has a link just now. */
  get session(): ClientSession | undefined {
    return this.#current?.session;
  }

  get #closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Makes no more attempts. The session, if there is one, is given to the caller to end. */
  close(): ClientSession | undefined {
    const session = this.#takeSession();

    this.#abort.abort();
    this.#forgetExit();
    this.#linkGone?.();

    return session;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#connectOnce();
      } catch (error) {
        const final = error instanceof AuthenticationError || error instanceof VersionMismatchError;

        if (!this.#closed) {
          this.#failed(asConnectionError(error), final);
        }
        if (final) {
          this.#forgetExit();

          return;
        }
      }
      await this.#pause(this.#delay.next());
    }
  }

  /** Resolves when a link has come and gone. */
  async #connectOnce(): Promise<void> {
    const { dial, handshakeTimeout } = this.#options;
    const { signal } = this.#abort;
    const link = await dial(signal);

    if (this.#closed) {
      link.close();

      return;
    }

    const current = this.#current;
    let gone: Promise<void> | undefined;

    await greet(link, {
      resume: current && { ...current.key, received: current.session.received },
      timeout: handshakeTimeout,
      signal,
      onWelcome: (welcome) => {
        gone = new Promise<void>((resolve) => (this.#linkGone = resolve));
        this.#attach(link, welcome);
      },
    });
    this.#delay.reset();
    await gone;
  }

  #attach(link: Link, welcome: Welcome): void {
    const { session: key, resumed, resumeWindow, received } = welcome;

    if (!resumed) {
      this.#lose('the server does not have it any more');
      // Whoever heard of the loss may have closed the client.
      this.#current = this.#closed
        ? undefined
        : { session: this.#makeSession(), key, resumeWindow };
    }

    const current = this.#current;

    if (!current) {
      sayGoodbye(link);
      throw new ConnectionError('the session was given up while the server was asked for it');
    }
    clearTimeout(current.expiry);
    current.expiry = undefined;
    current.session.attach(link, received);
    this.#options.onAttached(current.session, welcome);
  }

  #makeSession(): ClientSession {
    const session = this.#options.makeSession({
      onDetached: (reason) => this.#detached(session, reason),
      onBroken: (error) => {
        if (this.session === session) {
          if (!this.#current?.expiry) {
            this.#options.onDetached(error.message);
          }
          this.#lose(error.message);
          this.#linkGone?.();
        }
      },
    });

    return session;
  }

  #detached(session: ClientSession, reason: string): void {
    const current = this.#current;

    if (current?.session === session) {
      current.expiry = setTimeout(
        () => this.#lose(`no connection within ${current.resumeWindow} ms`),
        current.resumeWindow,
      );
      this.#options.onDetached(reason);
      this.#linkGone?.();
    }
  }

  #failed(error: ConnectionError, final: boolean): void {
    if (final || (this.#options.refusalEndsSession && isRefusal(error))) {
      this.#lose(error.message);
    }
    // Whoever heard of the loss may have closed the client.
    if (!this.#closed) {
      this.#options.onFailed(error, final);
    }
  }

  #lose(reason: string): void {
    const session = this.#takeSession();

    if (session) {
      this.#options.onLost(session, reason);
    }
  }

  #takeSession(): ClientSession | undefined {
    const current = this.#current;

    this.#current = undefined;
    clearTimeout(current?.expiry);

    return current?.session;
  }

  #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#abort;

    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);

      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) {
        done();
      }
    });
  }
}

/** Nothing listens at the address. */
function isRefusal({ cause }: ConnectionError): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
}

function asConnectionError(error: unknown): ConnectionError {
  return error instanceof ConnectionError
    ? error
    : new ConnectionError(`cannot connect: ${(error as Error).message}`, { cause: error });
}
