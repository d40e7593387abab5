import { readFileSync } from 'node:fs';
import { ConnectionError, RemoteMediasoupClient } from '@tureen/remote-client';

/**
 * A client of the daemon that the environment names now: what an application puts there before
 * its first worker counts.
 *
 * @throws ConnectionError naming the variable that is missing or wrong.
 */
export function clientOfEnvironment(): RemoteMediasoupClient {
  const { TUREEN_URL = '', TUREEN_TOKEN_FILE } = process.env;
  const urls = TUREEN_URL.split(/[\s,]+/).filter(Boolean);

  if (urls.length === 0) {
    throw new ConnectionError(
      'TUREEN_URL is not set: @tureen/mediasoup stands in for mediasoup here and runs workers on ' +
        'a Tureen daemon; set TUREEN_URL to its address, such as ws://127.0.0.1:4600',
    );
  }

  // For each connection: it may be replaced meanwhile.
  const token = TUREEN_TOKEN_FILE ? () => readToken(TUREEN_TOKEN_FILE) : undefined;

  token?.();
  try {
    // Applications hear of a worker's death from the worker.
    return new RemoteMediasoupClient(urls, { token, listenWorkerDied: false });
  } catch (error) {
    throw new ConnectionError(`TUREEN_URL is wrong: ${(error as Error).message}`, { cause: error });
  }
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
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ConnectionError(
      `TUREEN_TOKEN_FILE must hold one token, a word of visible ASCII characters: ${file}`,
    );
  }

  return token;
}
