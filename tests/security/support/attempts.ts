import { once } from 'node:events';
import { RemoteMediasoupClient, type RemoteMediasoupClientOptions } from '@tureen/remote-client';
import { subprotocol } from '@tureen/protocol';
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';

/** What the daemon answers to an upgrade: 101, or a refusal. */
export async function upgrade(
  url: string,
  options: ClientOptions = {},
  protocols: string | string[] = subprotocol,
): Promise<number> {
  const socket = new WebSocket(url, protocols, options);

  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

/** The error with which a client's first connection fails. @throws If it does not. */
export async function failure(url: string, options: RemoteMediasoupClientOptions): Promise<Error> {
  const client = new RemoteMediasoupClient(url, options);

  onTestFinished(() => client.close());
  try {
    await once(client, 'mediasoup');
  } catch (error) {
    // As the application should: nothing is to be had here.
    client.on('error', () => undefined);

    return error as Error;
  }
  throw new Error('connected');
}

/** Where the daemon answers for its health. */
export function healthOf(daemon: { logged(message: string): object[] }): string {
  return (daemon.logged('ready')[0] as { health: string }).health;
}

/** All figures of /metrics by name and labels, as they are written there. */
export async function metricsOf(daemon: {
  logged(message: string): object[];
}): Promise<Map<string, number>> {
  const response = await fetch(`${healthOf(daemon)}/metrics`);
  const text = await response.text();

  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');

        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
  );
}
