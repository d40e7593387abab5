import { z } from 'zod';
import { DISPLAY_NAME_LENGTH, ROOM_NAME, type Method } from '../../shared/protocol.js';
import type { RequestData } from '../wire.js';
import { dtlsParameters, rtpCapabilities, rtpParameters } from './media.js';

const id = z.string().min(1).max(64);
const layer = z.number().int().min(0).max(7);
const nothing = z.object({}).default({});

const displayName = z
  .string()
  .max(200)
  // Control and text direction characters could make one name look like another.
  .transform((name) => name.replace(/[\p{Cc}\p{Cf}]/gu, '').trim())
  .pipe(
    z
      .string()
      .min(1, 'A display name is needed.')
      .max(DISPLAY_NAME_LENGTH, `A display name has at most ${DISPLAY_NAME_LENGTH} characters.`),
  );

/** One schema per request; a request that does not fit is answered with an error. */
export const schemas = {
  join: z.object({
    room: z.string().regex(ROOM_NAME, 'A room name has letters, digits, - and _, at most 64.'),
    displayName,
    pageKey: z.string().regex(/^[\w-]{16,64}$/),
  }),
  leave: nothing,
  createTransport: z.object({ direction: z.enum(['send', 'receive']) }),
  connectTransport: z.object({ transportId: id, dtlsParameters }),
  restartIce: z.object({ transportId: id }),
  produce: z.object({
    transportId: id,
    source: z.enum(['camera', 'microphone']),
    rtpParameters,
  }),
  pauseProducer: z.object({ producerId: id }),
  resumeProducer: z.object({ producerId: id }),
  closeProducer: z.object({ producerId: id }),
  receive: z.object({ rtpCapabilities }),
  pauseConsumer: z.object({ consumerId: id }),
  resumeConsumer: z.object({ consumerId: id }),
  setPreferredLayers: z.object({
    consumerId: id,
    spatialLayer: layer,
    temporalLayer: layer.optional(),
  }),
} satisfies { [M in Method]: z.ZodType<RequestData<M>> };
