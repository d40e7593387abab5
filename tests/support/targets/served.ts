import { once } from 'node:events';
import type { Manager } from '@tureen/remote-client';
import type { Mediasoup, StartedTarget } from '../targets.js';

/**
 * Waits for the mediasoup of a client.
 *
 * @param stopBelow - Ends what serves it: with the client, or at once if it does not connect.
 */
export async function served(
  client: Manager,
  stopBelow: () => Promise<unknown> = async () => undefined,
): Promise<StartedTarget> {
  const stop = async () => {
    await closed(client);
    await stopBelow();
  };

  try {
    await once(client, 'mediasoup');
  } catch (error) {
    await stop();
    throw error;
  }

  return { mediasoup: client.mediasoup as Mediasoup, stop };
}

/** Closes the client, and resolves when it has. */
export async function closed(client: Manager): Promise<void> {
  const end = once(client, 'close');

  client.close();
  await end;
}
