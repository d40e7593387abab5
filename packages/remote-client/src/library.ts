/*
 * What comes from mediasoup itself: everything in it that needs no worker. It is bundled at build
 * time, so that whoever installs this package does not install mediasoup.
 */
import { EnhancedEventEmitter, enhancedOnce } from 'mediasoup/extras';
import { Logger } from 'mediasoup-internal/Logger';
import { parseScalabilityMode } from 'mediasoup-internal/scalabilityModesUtils';
import { supportedRtpCapabilities } from 'mediasoup-internal/supportedRtpCapabilities';

export * as errors from 'mediasoup/errors';
export * as ortc from 'mediasoup/ortc';
export { EnhancedEventEmitter, enhancedOnce, Logger, parseScalabilityMode };
export const extras = { EnhancedEventEmitter, enhancedOnce };
export { supportedRtpCapabilities };
