import {
  apiFingerprint,
  apiVersion,
  MessageType,
  ProtocolError,
  VersionMismatchError,
  type Message,
  type Welcome,
} from '@tureen/protocol';

export interface Handshake {
  welcome: Welcome;
}

/** @returns Why the client cannot be served, or undefined. */
export function checkHello(message: Message, { welcome }: Handshake): Error | undefined {
  if (message[0] !== MessageType.hello || typeof message[1] !== 'object' || message[1] === null) {
    return new ProtocolError('the first message must be a hello');
  }

  const { api, fingerprint, client } = message[1];

  if (typeof api !== 'string' || major(api) !== major(welcome.mediasoup)) {
    return new VersionMismatchError(
      `this server gives mediasoup ${welcome.mediasoup}, the client (${String(client)}) ` +
        `was made for mediasoup ${String(api)}: install versions of both with the same major`,
    );
  }
  if (fingerprint !== apiFingerprint) {
    return new VersionMismatchError(
      `the API tables differ: server ${welcome.server} describes mediasoup ${apiVersion}, ` +
        `client ${String(client)} describes mediasoup ${api}: install the same version of both`,
    );
  }

  return undefined;
}

function major(version: string): string | undefined {
  return version.split('.')[0];
}
