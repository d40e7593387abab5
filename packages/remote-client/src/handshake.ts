import {
  apiFingerprint,
  apiVersion,
  MessageType,
  ProtocolError,
  VersionMismatchError,
  type Hello,
  type Message,
  type Welcome,
} from '@tureen/protocol';
import { version } from './version.js';

export const hello: Hello = { client: version, api: apiVersion, fingerprint: apiFingerprint };

/**
 * @returns What the server says of itself.
 * @throws {@link VersionMismatchError} if it describes another API, or refused ours.
 */
export function readGreeting(message: Message): Welcome {
  if (message[0] === MessageType.refused) {
    throw new VersionMismatchError(`refused by the server: ${message[1].message}`);
  }
  if (message[0] !== MessageType.welcome) {
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
