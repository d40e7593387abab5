export {
  createConferenceServer,
  type ConferenceServer,
  type ConferenceServerOptions,
} from './ConferenceServer.js';
export type { Log } from './log.js';
export type { RoomDescription } from './http.js';
