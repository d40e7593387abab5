/* eslint-disable @typescript-eslint/no-require-imports, no-undef -- CommonJS is the matter here */
'use strict';
const { once } = require('node:events');
const { RemoteMediasoupClient } = require('@tureen/remote-client');
const { session } = require('./session.cjs');

async function main() {
  const client = new RemoteMediasoupClient(process.env.DAEMON_URL);

  await once(client, 'mediasoup');

  const { failureClass, ...result } = await session(client.mediasoup);
  const { errors } = await import('@tureen/remote-client/library');

  client.close();
  console.log(
    JSON.stringify({
      ...result,
      same: (await import('@tureen/remote-client')).RemoteMediasoupClient === RemoteMediasoupClient,
      classes: failureClass === errors.NotFoundError,
    }),
  );
}

void main();
