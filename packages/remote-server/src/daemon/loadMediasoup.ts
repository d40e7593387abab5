import type * as mediasoup from 'mediasoup';
import { ConfigurationError } from '../errors.js';

export type MediasoupModule = typeof mediasoup;

/** @throws ConfigurationError that says how to install it. */
export async function loadMediasoup(): Promise<MediasoupModule> {
  try {
    return await import('mediasoup');
  } catch (error) {
    throw new ConfigurationError(
      `cannot load mediasoup: ${(error as Error).message}; install it beside this package ` +
        `(npm install mediasoup)`,
      { cause: error },
    );
  }
}
