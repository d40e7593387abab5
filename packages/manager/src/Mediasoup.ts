import type * as mediasoup from 'mediasoup';

/** All that the mediasoup module exports. */
export type MediasoupModule = Omit<typeof mediasoup, 'default'>;

/** The same as an ESM application sees it, with the whole module as its default export, too. */
export type Mediasoup = MediasoupModule & { default: MediasoupModule };
