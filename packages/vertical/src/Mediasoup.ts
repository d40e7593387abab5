import type * as mediasoup from 'mediasoup';

/** All that the mediasoup module exports. */
export type Mediasoup = Omit<typeof mediasoup, 'default'>;
