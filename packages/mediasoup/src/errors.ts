import { errors } from '@tureen/remote-client/library';
import type * as mediasoup from 'mediasoup/errors';

export const { UnsupportedError, WorkerClosedError, NotFoundError }: typeof mediasoup = errors;
