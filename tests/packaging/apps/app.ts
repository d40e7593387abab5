import * as mediasoup from 'mediasoup';
import { errors, type types } from 'mediasoup';
import { NotFoundError } from 'mediasoup/errors';

// What a compiler makes of the import copies the module's own properties.
// eslint-disable-next-line @typescript-eslint/no-require-imports -- CommonJS is the matter here
const { session } = require('./session.cjs') as {
  session(module: types.Index): Promise<{ failureClass: unknown; version: string }>;
};

async function main(): Promise<void> {
  const { failureClass, ...result } = await session(mediasoup);
  const worker: types.Worker<{ n: number }> = await mediasoup.createWorker({ appData: { n: 1 } });
  const index: number = worker.appData.n;

  worker.close();
  console.log(
    JSON.stringify({
      ...result,
      same: index === 1 && worker.closed,
      classes: failureClass === NotFoundError && errors.NotFoundError === NotFoundError,
    }),
  );
}

void main();
