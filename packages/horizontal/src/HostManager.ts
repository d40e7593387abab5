import type { ManagerStats, MediasoupModule } from '@tureen/manager';

/** What gives the mediasoup of one host: a Manager, or the module with its statistics. */
export interface HostManager {
  readonly mediasoup: MediasoupModule | undefined;
  /** If there is one, the host is given work only while it is 4 (CONNECTED). */
  readonly readyState?: number;
  getStats(): Promise<ManagerStats>;
  on?(event: string, listener: (...args: never[]) => void): unknown;
  off?(event: string, listener: (...args: never[]) => void): unknown;
}
