/*
 * What comes from mediasoup itself: everything in it that needs no worker. It is bundled at build
 * time, so that whoever installs this package does not install mediasoup.
 */
import * as errorsModule from 'mediasoup/errors';
import { EnhancedEventEmitter, enhancedOnce } from 'mediasoup/extras';
import * as ortcModule from 'mediasoup/ortc';

export { Logger } from 'mediasoup-internal/Logger';
export { parseScalabilityMode } from 'mediasoup-internal/scalabilityModesUtils';
export { supportedRtpCapabilities } from 'mediasoup-internal/supportedRtpCapabilities';
export { EnhancedEventEmitter, enhancedOnce };

export const errors = withoutDefault(errorsModule);
export const ortc = withoutDefault(ortcModule);
export const extras = { EnhancedEventEmitter, enhancedOnce };

/** A CommonJS module seen from ESM has a `default` that applications do not expect in a listing. */
function withoutDefault<T extends object>(module: T): Omit<T, 'default'> {
  const entries = Object.entries(module).filter(([name]) => name !== 'default');

  return Object.fromEntries(entries) as Omit<T, 'default'>;
}
