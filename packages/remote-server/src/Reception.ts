import {
  apiFingerprint,
  encodeFrame,
  encodeMessage,
  errorToWire,
  MessageType,
  type Hello,
  type Link,
  type Message,
  type SessionKey,
} from '@tureen/protocol';
import { checkVersions, readHello } from './handshake.js';
import type { Logger } from './Logger.js';
import type { Meter } from './Meter.js';
import type { Session } from './Session.js';
import { version } from './version.js';

export interface ReceptionOptions {
  mediasoup: { version: string; workerBin: string };
  /** Milliseconds that a client may take to say hello. */
  handshakeTimeout: number;
  /** Milliseconds that a session outlives its link. */
  resumeWindow: number;
  logger: Logger;
  meter: Meter;
  /** The session that the client may go on with, if any. */
  find(hello: Hello): Session | undefined;
  /** A new session. */
  begin(): { session: Session; key: SessionKey };
}

/** Greets whoever is at the other end of a link, and hands the link to a session. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #links = new Set<Link>();

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  accept(link: Link): void {
    const { handshakeTimeout } = this.#options;
    const timer = setTimeout(() => turnAway(link, 'no hello in time'), handshakeTimeout);
    const settle = () => {
      clearTimeout(timer);
      this.#links.delete(link);
    };

    this.#links.add(link);
    link.onClose = settle;
    link.onFrame = (data) => {
      settle();
      try {
        this.#greet(link, readHello(data));
      } catch (error) {
        this.#refuse(link, error as Error);
      }
    };
  }

  /** Closes the links of those who have not said hello yet. */
  close(reason: string): void {
    for (const link of this.#links) {
      turnAway(link, reason);
    }
  }

  #greet(link: Link, hello: Hello): void {
    const { mediasoup, resumeWindow, meter, find, begin } = this.#options;

    checkVersions(hello, mediasoup.version);

    const found = find(hello);

    if (found) {
      meter.resumed();
    }

    const begun = found ? undefined : begin();
    const session = found ?? (begun?.session as Session);
    const { id, secret } = begun?.key ?? (hello.resume as SessionKey);

    say(link, [
      MessageType.welcome,
      {
        server: version,
        mediasoup: mediasoup.version,
        workerBin: mediasoup.workerBin,
        fingerprint: apiFingerprint,
        session: { id, secret },
        resumed: found !== undefined,
        received: session.received,
        resumeWindow,
      },
    ]);
    session.attach(link, found ? (hello.resume?.received ?? 0) : 0);
  }

  #refuse(link: Link, error: Error): void {
    this.#options.meter.refused();
    this.#options.logger.warn({ err: error }, 'client refused');
    link.onFrame = undefined;
    say(link, [MessageType.refused, errorToWire(error)]);
    link.close(error.message);
  }
}

/** A hello that is on its way is not heard any more: nobody would end its session. */
function turnAway(link: Link, reason: string): void {
  link.onFrame = undefined;
  link.close(reason);
}

function say(link: Link, message: Message): void {
  link.send(encodeFrame(0, 0, [encodeMessage(message)]));
}
