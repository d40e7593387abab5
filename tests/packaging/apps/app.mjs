import { createRequire } from 'node:module';
import * as namespace from 'mediasoup';
import mediasoup, { createWorker, errors, extras, ortc, version } from 'mediasoup';
import { NotFoundError } from 'mediasoup/errors';
import { EnhancedEventEmitter } from 'mediasoup/extras';
import { canConsume } from 'mediasoup/ortc';
import * as types from 'mediasoup/types';
import { session } from './session.cjs';

const require = createRequire(import.meta.url);
const { failureClass, ...result } = await session(namespace);

// It ends by itself: nothing is left to wait for.
console.log(
  JSON.stringify({
    ...result,
    same:
      mediasoup === require('mediasoup') &&
      createWorker === mediasoup.createWorker &&
      version === result.version &&
      !('Worker' in types),
    classes:
      [failureClass, errors.NotFoundError, require('mediasoup/errors').NotFoundError].every(
        (Class) => Class === NotFoundError,
      ) &&
      extras.EnhancedEventEmitter === EnhancedEventEmitter &&
      ortc.canConsume === canConsume,
  }),
);
