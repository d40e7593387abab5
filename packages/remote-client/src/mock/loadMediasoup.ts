import { ConnectionError } from '@tureen/protocol';
import type * as mediasoup from 'mediasoup';

/** @throws ConnectionError if mediasoup is not installed, or its installation is broken. */
export async function loadMediasoup(): Promise<typeof mediasoup> {
  try {
    return await import('mediasoup');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';

    throw new ConnectionError(
      missing
        ? 'RemoteMediasoupClientMock runs mediasoup on this machine, and it is not installed: ' +
            'npm install --save-dev mediasoup'
        : `mediasoup cannot be loaded: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
