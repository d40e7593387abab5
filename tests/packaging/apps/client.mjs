import { once } from 'node:events';
import { createRequire } from 'node:module';
import { RemoteMediasoupClient } from '@tureen/remote-client';
import { errors } from '@tureen/remote-client/library';
import { session } from './session.cjs';

const require = createRequire(import.meta.url);
const client = new RemoteMediasoupClient(process.env.DAEMON_URL);

await once(client, 'mediasoup');

const { failureClass, ...result } = await session(client.mediasoup);

client.close();
console.log(
  JSON.stringify({
    ...result,
    same: RemoteMediasoupClient === require('@tureen/remote-client').RemoteMediasoupClient,
    classes:
      failureClass === errors.NotFoundError &&
      failureClass === require('@tureen/remote-client/library').errors.NotFoundError,
  }),
);
