import { extras } from '@tureen/remote-client/library';
import type * as mediasoup from 'mediasoup/extras';

export const { EnhancedEventEmitter, enhancedOnce }: typeof mediasoup = extras;
