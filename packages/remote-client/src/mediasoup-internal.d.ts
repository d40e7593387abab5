/* Modules of mediasoup that its package does not export; the build finds them by path. */

declare module 'mediasoup-internal/Logger' {
  import type { EnhancedEventEmitter } from 'mediasoup/extras';

  export class Logger {
    static setEmitters(
      debugLogEmitter?: EnhancedEventEmitter<{ debuglog: [string, string] }>,
      warnLogEmitter?: EnhancedEventEmitter<{ warnlog: [string, string] }>,
      errorLogEmitter?: EnhancedEventEmitter<{ errorlog: [string, string, Error?] }>,
    ): void;
    constructor(prefix?: string);
    debug(log: string): void;
    warn(log: string): void;
    error(log: string, error?: Error): void;
  }
}

declare module 'mediasoup-internal/scalabilityModesUtils' {
  import type { types } from 'mediasoup';

  export const parseScalabilityMode: types.Index['parseScalabilityMode'];
}

declare module 'mediasoup-internal/supportedRtpCapabilities' {
  import type { types } from 'mediasoup';

  export const supportedRtpCapabilities: types.RouterRtpCapabilities;
}
