import { LimitExceededError, type Kind } from '@tureen/protocol';

/** What one session may have at a time, and how many sessions there may be. */
export interface Limits {
  /** Sessions of the server. Default 1000. */
  sessions: number;
  /** Calls that have not been answered. Default 10000. */
  calls: number;
  /**
   * Bytes of this process's memory that its objects, the calls under way and the values shared by
   * them may take, by an estimate that is rather too high. Default 1 GiB.
   */
  bytes: number;
  /** Default 64. */
  workers: number;
  /** Default 10000. */
  routers: number;
  /** Of all four kinds together. Default 20000. */
  transports: number;
  /** Each of them listens on ports. Default 1000. */
  webRtcServers: number;
  /** Audio level and active speaker observers together. Default 10000. */
  rtpObservers: number;
  /** Producers and data producers together. Default 50000. */
  producers: number;
  /** Consumers and data consumers together. Default 200000. */
  consumers: number;
}

export const defaultLimits: Limits = {
  sessions: 1000,
  calls: 10_000,
  bytes: 1024 * 1024 * 1024,
  workers: 64,
  routers: 10_000,
  transports: 20_000,
  webRtcServers: 1000,
  rtpObservers: 10_000,
  producers: 50_000,
  consumers: 200_000,
};

/** The kinds that count together against one limit. */
const counted: Partial<Record<keyof Limits, readonly Kind[]>> = {
  workers: ['worker'],
  routers: ['router'],
  transports: ['webRtcTransport', 'plainTransport', 'pipeTransport', 'directTransport'],
  webRtcServers: ['webRtcServer'],
  rtpObservers: ['activeSpeakerObserver', 'audioLevelObserver'],
  producers: ['producer', 'dataProducer'],
  consumers: ['consumer', 'dataConsumer'],
};

/**
 * @param count - Objects of a kind that exist or are being created.
 * @throws {@link LimitExceededError} if there may be no other object of that kind.
 */
export function checkLimit(kind: Kind, limits: Limits, count: (kind: Kind) => number): void {
  for (const [name, kinds] of Object.entries(counted)) {
    const limit = limits[name as keyof Limits];

    if (kinds.includes(kind) && kinds.reduce((sum, each) => sum + count(each), 0) >= limit) {
      throw new LimitExceededError(`this session has ${limit} ${name}, and may have no more`);
    }
  }
}
