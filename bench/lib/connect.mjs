import { once } from 'node:events';
import { clientModule } from './paths.mjs';

/** A connected client. `root` is a built checkout, by default this one. */
export async function connect(url, { root, ...options } = {}) {
  const { RemoteMediasoupClient } = await import(clientModule(root));
  const client = new RemoteMediasoupClient(url, options);
  await once(client, 'mediasoup');
  return client;
}

export async function disconnect(client) {
  const closed = once(client, 'close');
  client.close();
  await closed;
}
