import type { Mediasoup, MediasoupModule } from './Mediasoup.js';

/**
 * An object that takes the place of the mediasoup module: the one below, except for what is given.
 * Everything is an own enumerable property, since code compiled to CommonJS copies those.
 */
export function moduleLike(
  below: MediasoupModule,
  own: Pick<MediasoupModule, 'observer' | 'createWorker'>,
): Mediasoup {
  // An ESM application sees mediasoup's CommonJS module also as its default export: that of the one
  // below would lead past us.
  const { default: _, ...rest } = below as MediasoupModule & { default?: unknown };
  const object = { ...rest, ...own };

  return Object.defineProperty(object, 'default', { value: object }) as unknown as Mediasoup;
}
