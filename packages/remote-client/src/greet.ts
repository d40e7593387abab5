import {
  apiFingerprint,
  apiVersion,
  ConnectionError,
  decodeFrame,
  encodeFrame,
  encodeMessage,
  errorFromWire,
  errorClasses,
  MessageType,
  ProtocolError,
  VersionMismatchError,
  type Link,
  type Message,
  type ResumeRequest,
  type Welcome,
} from '@tureen/protocol';
import { version } from './version.js';

export interface GreetOptions {
  /** A session to go on with. */
  resume?: ResumeRequest;
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /**
   * Runs as soon as the server's welcome has come, before any other frame: whoever takes the link
   * over must do it here.
   */
  onWelcome(welcome: Welcome): void;
}

/**
 * Says hello and waits for the welcome. If that fails, the link is closed.
 *
 * @throws {@link VersionMismatchError} if the two ends describe different APIs.
 * @throws {@link ConnectionError} if there is no welcome in time.
 */
export function greet(link: Link, options: GreetOptions): Promise<void> {
  const { resume, timeout, signal, onWelcome } = options;

  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    };
    const fail = (error: Error) => {
      settle();
      link.onFrame = undefined;
      link.close(error.message);
      reject(error);
    };
    const aborted = () => fail(new ConnectionError('closed while connecting'));
    const timer = setTimeout(
      () => fail(new ConnectionError(`no handshake within ${timeout} ms`)),
      timeout,
    );

    signal.addEventListener('abort', aborted, { once: true });
    link.onClose = (reason) => fail(new ConnectionError(`connection closed: ${reason}`));
    link.onFrame = (data) => {
      try {
        const welcome = readGreeting(data);

        settle();
        onWelcome(welcome);
        resolve();
      } catch (error) {
        fail(error as Error);
      }
    };
    link.send(
      encodeFrame(0, 0, [
        encodeMessage([
          MessageType.hello,
          { client: version, api: apiVersion, fingerprint: apiFingerprint, resume },
        ]),
      ]),
    );
  });
}

/** Tells the server to end the session of a link that no session of this end will take. */
export function sayGoodbye(link: Link): void {
  link.send(encodeFrame(0, 0, [encodeMessage([MessageType.goodbye])]));
}

function readGreeting(data: Buffer): Welcome {
  const [message] = decodeFrame(data, false).messages;

  if (message?.[0] === MessageType.refused) {
    throw refusal(message);
  }
  if (message?.[0] !== MessageType.welcome) {
    throw new ProtocolError('the first message of a server must be a welcome');
  }

  const welcome = message[1];

  if (welcome.fingerprint !== apiFingerprint || major(welcome.mediasoup) !== major(apiVersion)) {
    throw new VersionMismatchError(
      `this client (${version}) describes mediasoup ${apiVersion}, the server ` +
        `(${welcome.server}) gives mediasoup ${welcome.mediasoup}: install the same version of both`,
    );
  }

  return welcome;
}

function refusal([, wire]: Extract<Message, [typeof MessageType.refused, unknown]>): Error {
  return errorFromWire(
    { ...wire, message: `refused by the server: ${wire.message}` },
    errorClasses(),
  );
}

/** What there is to warn of, or undefined. */
export function versionWarning({ mediasoup }: Welcome): string | undefined {
  return minor(mediasoup) === minor(apiVersion)
    ? undefined
    : `the server gives mediasoup ${mediasoup}, this client describes ${apiVersion}: ` +
        `what changed between the two may behave as on the server`;
}

function major(version: string): string | undefined {
  return version.split('.')[0];
}

function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
