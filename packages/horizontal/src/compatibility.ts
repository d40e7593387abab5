import { isDeepStrictEqual } from 'node:util';
import type { MediasoupModule } from '@tureen/manager';

/**
 * Whether workers of two mediasoups may serve one application together: what works with one must
 * work with the other, whichever is asked.
 *
 * @returns Why not; undefined if they may.
 */
export function incompatibility(one: MediasoupModule, other: MediasoupModule): string | undefined {
  if (minorOf(one.version) !== minorOf(other.version)) {
    return `it has mediasoup ${other.version}, the others have ${one.version}`;
  }
  if (!haveSameCapabilities(one, other)) {
    return 'its mediasoup supports other RTP capabilities than that of the others';
  }

  return undefined;
}

/** Clients of one process share them, however many there are. */
function haveSameCapabilities(one: MediasoupModule, other: MediasoupModule): boolean {
  return (
    one.getSupportedRtpCapabilities === other.getSupportedRtpCapabilities ||
    isDeepStrictEqual(one.getSupportedRtpCapabilities(), other.getSupportedRtpCapabilities())
  );
}

/** `3.27` of `3.27.1`. */
function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
