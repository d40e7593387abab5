/*
 * What comes from mediasoup itself: everything in it that needs no worker. It is bundled at build
 * time, so that whoever installs this package does not install mediasoup. One file of its own:
 * there must be one copy of these classes in a process, whatever else is loaded beside it.
 */
import { clone } from '@tureen/protocol';
import type { types } from 'mediasoup';
import * as errorsModule from 'mediasoup/errors';
import { EnhancedEventEmitter, enhancedOnce } from 'mediasoup/extras';
import { Logger } from 'mediasoup-internal/Logger';
import { parseScalabilityMode } from 'mediasoup-internal/scalabilityModesUtils';
import { supportedRtpCapabilities } from 'mediasoup-internal/supportedRtpCapabilities';
import * as ortcModule from 'mediasoup/ortc';

export { apiVersion } from '@tureen/protocol';
export { EnhancedEventEmitter, Logger, parseScalabilityMode };

export const errors = withoutDefault(errorsModule);
export const ortc = withoutDefault(ortcModule);
export const extras = { EnhancedEventEmitter, enhancedOnce };
// The bundler renames what refers to itself or has a namesake, and logs would show it.
for (const [name, member] of Object.entries({ ...errors, ...extras, parseScalabilityMode })) {
  Object.defineProperty(member, 'name', { value: name });
}

const logger = new Logger();

/** https://mediasoup.org/documentation/v3/mediasoup/api/#mediasoup-getSupportedRtpCapabilities */
export function getSupportedRtpCapabilities(): types.RouterRtpCapabilities {
  return clone(supportedRtpCapabilities);
}

/** https://mediasoup.org/documentation/v3/mediasoup/api/#mediasoup-setLogEventListeners */
export function setLogEventListeners(listeners?: types.LogEventListeners): void {
  logger.debug('setLogEventListeners()');
  Logger.setEmitters(
    emitterOf<{ debuglog: [string, string] }>('debuglog', listeners?.ondebug),
    emitterOf<{ warnlog: [string, string] }>('warnlog', listeners?.onwarn),
    emitterOf<{ errorlog: [string, string, Error?] }>('errorlog', listeners?.onerror),
  );
}

function emitterOf<E extends Record<string, unknown[]>>(
  event: keyof E & string,
  listener: ((...args: never[]) => void) | undefined,
): EnhancedEventEmitter<E> | undefined {
  if (!listener) {
    return undefined;
  }

  const emitter = new EnhancedEventEmitter<E>();

  return emitter.on(event, listener as never);
}

/** A CommonJS module seen from ESM has a `default` that applications do not expect in a listing. */
function withoutDefault<T extends object>(module: T): Omit<T, 'default'> {
  const entries = Object.entries(module).filter(([name]) => name !== 'default');

  return Object.fromEntries(entries) as Omit<T, 'default'>;
}
