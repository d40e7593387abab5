import { readFileSync } from 'node:fs';
import { ConnectionError, type RemoteMediasoupClientOptions } from '@tureen/remote-client';

export interface Environment {
  url: string;
  options: RemoteMediasoupClientOptions;
}

/**
 * Where the daemon is, as the environment says now: what an application puts there before its
 * first worker counts.
 *
 * @throws ConnectionError naming the variable that is missing or wrong.
 */
export function readEnvironment(): Environment {
  const { TUREEN_URL: url, TUREEN_TOKEN_FILE: tokenFile } = process.env;

  if (!url) {
    throw new ConnectionError(
      'TUREEN_URL is not set: @tureen/mediasoup stands in for mediasoup here and runs workers on ' +
        'a Tureen daemon; set TUREEN_URL to its address, such as ws://127.0.0.1:4600',
    );
  }

  return { url, options: { token: tokenFile ? readToken(tokenFile) : undefined } };
}

function readToken(file: string): string {
  let token: string;

  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConnectionError(`TUREEN_TOKEN_FILE cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!token) {
    throw new ConnectionError(`TUREEN_TOKEN_FILE is empty: ${file}`);
  }

  return token;
}
