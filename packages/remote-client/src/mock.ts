export type { Manager, ManagerEvents, ManagerStats } from './Manager.js';
export {
  RemoteMediasoupClientMock,
  type RemoteMediasoupClientMockOptions,
} from './mock/RemoteMediasoupClientMock.js';
