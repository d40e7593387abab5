/* eslint-disable @typescript-eslint/no-require-imports, no-undef -- CommonJS is the matter here */
'use strict';
const mediasoup = require('mediasoup');
const { NotFoundError } = require('mediasoup/errors');
const { session } = require('./session.cjs');

async function main() {
  const { failureClass, ...result } = await session(mediasoup);
  // The other half of the application is ESM.
  const esm = await import('mediasoup');
  const esmErrors = await import('mediasoup/errors');

  console.log(
    JSON.stringify({
      ...result,
      same: esm.default === mediasoup && esm.createWorker === mediasoup.createWorker,
      classes: [failureClass, mediasoup.errors.NotFoundError, esmErrors.NotFoundError].every(
        (Class) => Class === NotFoundError,
      ),
    }),
  );
}

void main();
