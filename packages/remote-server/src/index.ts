export { ConfigurationError } from './errors.js';
export { hostStats, type ManagerStats } from '@tureen/manager';
export type { ListenAddressOptions } from './ListenAddresses.js';
export { defaultLimits, type Limits } from './limits.js';
export type { Meter, ServerState } from './Meter.js';
export type { Logger } from './Logger.js';
export { RemoteServer, type RemoteServerOptions } from './RemoteServer.js';
export { version } from './version.js';
export {
  defaultPort,
  WebSocketListener,
  type TlsOptions,
  type WebSocketListenerOptions,
} from './WebSocketListener.js';
export type { AllowedWorkerSettings } from './workerSettings.js';
