/* The same application, which takes the module by its name. */
import * as mediasoup from 'mediasoup';
import { createWorker, errors, observer, type types } from 'mediasoup';
import { NotFoundError } from 'mediasoup/errors';
import { EnhancedEventEmitter, enhancedOnce } from 'mediasoup/extras';
import * as ortc from 'mediasoup/ortc';
import type { Worker } from 'mediasoup/types';
import { open } from './room.js';

interface RoomEvents extends Record<string, unknown[]> {
  opened: [roomId: string];
}

class Emitter extends EnhancedEventEmitter<RoomEvents> {}

export async function main(): Promise<mediasoup.types.Router> {
  const room = await open(mediasoup);
  const worker: Worker = await createWorker();
  const error: Error = new errors.WorkerClosedError(new NotFoundError('why').message);
  const emitter = new Emitter();
  const opened = enhancedOnce(emitter, 'opened');

  // @ts-expect-error The room's id is a string.
  emitter.emit('opened', 1);
  observer.once('newworker', ({ pid }) => console.log(pid, error));
  ortc.generateRouterRtpCapabilities([]);
  console.log(worker.pid, await opened, mediasoup.parseScalabilityMode('L1T3').temporalLayers);

  return room.router;
}

export type Both = types.Consumer | types.DataConsumer;
