export {
  AuthenticationError,
  BacklogError,
  ClientClosedError,
  ConnectionError,
  DisconnectedError,
  DrainingError,
  LimitExceededError,
  NoUpstreamError,
  ProtocolError,
  RequestTimeoutError,
  SessionLostError,
  SettingRefusedError,
  VersionMismatchError,
} from '@tureen/protocol';
export type { ServerTopology } from '@tureen/protocol';
export type { RemoteMediasoupClientOptions, WorkerLog } from './options.js';
export type { Mediasoup, MediasoupModule } from './RemoteMediasoup.js';
export type { Manager, ManagerEvents, ManagerStats } from './Manager.js';
export { RemoteMediasoupClient } from './RemoteMediasoupClient.js';
export { version } from './version.js';
