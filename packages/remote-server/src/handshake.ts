import {
  apiFingerprint,
  apiVersion,
  decodeFrame,
  MessageType,
  ProtocolError,
  VersionMismatchError,
  type Hello,
} from '@tureen/protocol';
import { shown } from './shown.js';
import { version } from './version.js';

/**
 * Reads the first frame of a client.
 *
 * @throws {@link ProtocolError} if it is no hello.
 */
export function readHello(data: Buffer): Hello {
  const { sequence, messages } = decodeFrame(data, true);
  const [message] = messages;
  const hello: unknown = message?.[1];

  if (
    sequence !== 0 ||
    messages.length !== 1 ||
    message?.[0] !== MessageType.hello ||
    typeof hello !== 'object' ||
    hello === null
  ) {
    throw new ProtocolError('the first frame must be a hello');
  }

  const { resume } = hello as Partial<Hello>;

  if (resume !== undefined && !isResumeRequest(resume)) {
    throw new ProtocolError('hello with a malformed session to resume');
  }

  return hello as Hello;
}

function isResumeRequest(resume: unknown): boolean {
  const { id, secret, received } = (resume ?? {}) as Record<string, unknown>;

  return (
    typeof id === 'string' &&
    typeof secret === 'string' &&
    Number.isSafeInteger(received) &&
    (received as number) >= 0
  );
}

/** @throws {@link VersionMismatchError} if the client describes another API. */
export function checkVersions({ api, fingerprint, client }: Hello, mediasoup: string): void {
  if (typeof api !== 'string' || major(api) !== major(mediasoup)) {
    throw new VersionMismatchError(
      `this server gives mediasoup ${mediasoup}, the client (${shown(client)}) ` +
        `was made for mediasoup ${shown(api)}: install versions of both with the same major`,
    );
  }
  if (fingerprint !== apiFingerprint) {
    throw new VersionMismatchError(
      `the API tables differ: server ${version} describes mediasoup ${apiVersion}, ` +
        `client ${shown(client)} describes mediasoup ${shown(api)}: install the same version of both`,
    );
  }
}

function major(version: string): string | undefined {
  return version.split('.')[0];
}
