import {
  AuthenticationError,
  ClientClosedError,
  ConnectionError,
  VersionMismatchError,
  type Dial,
  type Link,
  type Message,
  type Welcome,
} from '@tureen/protocol';
import type { ClientSession } from './ClientSession.js';
import { readGreeting } from './handshake.js';
import { RedialDelay } from './RedialDelay.js';

export interface ConnectionOptions {
  /** The signal says that nobody waits for the link any more. */
  dial(signal: AbortSignal): ReturnType<Dial>;
  handshakeTimeout: number;
  minRedialDelay: number;
  maxRedialDelay: number;
  makeSession(link: Link, events: SessionEvents): ClientSession;
  onConnected(session: ClientSession, welcome: Welcome): void;
  /** A session that had been connected is over. */
  onLost(session: ClientSession, reason: string): void;
  /** An attempt failed. If it is final there will be no other. */
  onFailed(error: ConnectionError, final: boolean): void;
}

export interface SessionEvents {
  onGreeting(message: Message): void;
  onClose(reason: string, error?: Error): void;
}

interface Opened {
  session: ClientSession;
  welcome: Welcome;
  /** Resolves with the reason when the session has lost its link. */
  lost: Promise<string>;
}

/** Keeps one session with the server, and begins another when it is lost, until it is closed. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #delay: RedialDelay;
  readonly #abort = new AbortController();
  #session: ClientSession | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#delay = new RedialDelay(options.minRedialDelay, options.maxRedialDelay);
    void this.#run();
  }

  get session(): ClientSession | undefined {
    return this.#session;
  }

  get #closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Makes no more attempts. The session, if there is one, is given to the caller to end. */
  close(): ClientSession | undefined {
    const session = this.#session;

    this.#session = undefined;
    this.#abort.abort();

    return session;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#connectOnce();
      } catch (error) {
        const final = error instanceof AuthenticationError || error instanceof VersionMismatchError;

        if (!this.#closed) {
          this.#options.onFailed(asConnectionError(error), final);
        }
        if (final) {
          return;
        }
      }
      await this.#pause(this.#delay.next());
    }
  }

  /** Resolves when a session has come and gone. */
  async #connectOnce(): Promise<void> {
    const opened = await this.#open();

    if (this.#closed) {
      opened.session.disconnect('closed by the application');

      return;
    }
    this.#delay.reset();
    this.#session = opened.session;
    this.#options.onConnected(opened.session, opened.welcome);

    const reason = await opened.lost;

    if (this.#session === opened.session) {
      this.#session = undefined;
      this.#options.onLost(opened.session, reason);
    }
  }

  async #open(): Promise<Opened> {
    const link = await this.#options.dial(this.#abort.signal);

    if (this.#closed) {
      link.close();
      throw new ClientClosedError('the client was closed while connecting');
    }

    return this.#greet(link);
  }

  #greet(link: Link): Promise<Opened> {
    return new Promise((resolve, reject) => {
      let lose: (reason: string) => void;
      const lost = new Promise<string>((resolveLost) => (lose = resolveLost));
      const fail = (error: Error) => {
        clearTimeout(timer);
        this.#abort.signal.removeEventListener('abort', aborted);
        reject(error);
        session.disconnect(error.message);
      };
      const aborted = () => fail(new ClientClosedError('the client was closed while connecting'));
      const { handshakeTimeout } = this.#options;
      const timer = setTimeout(
        () => fail(new ConnectionError(`no handshake within ${handshakeTimeout} ms`)),
        handshakeTimeout,
      );
      const session = this.#options.makeSession(link, {
        onGreeting: (message) => {
          try {
            const welcome = readGreeting(message);

            clearTimeout(timer);
            this.#abort.signal.removeEventListener('abort', aborted);
            resolve({ session, welcome, lost });
          } catch (error) {
            fail(error as Error);
          }
        },
        onClose: (reason, error) => {
          lose(reason);
          fail(error ?? new ConnectionError(`connection closed: ${reason}`));
        },
      });

      this.#abort.signal.addEventListener('abort', aborted, { once: true });
    });
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#abort.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);

      this.#abort.signal.addEventListener('abort', done, { once: true });
      if (this.#closed) {
        done();
      }
    });
  }
}

function asConnectionError(error: unknown): ConnectionError {
  return error instanceof ConnectionError
    ? error
    : new ConnectionError(`cannot connect: ${(error as Error).message}`, { cause: error });
}
