import type { Mediasoup } from '@tureen/vertical';

export interface PipeCount {
  workers: number;
  pipeConsumers: number;
  pipeTransports: number;
  /** The fewest pipe consumers that could serve all consumers. */
  least: number;
  /** Pipe consumers between two hosts, and the fewest. */
  crossings: number;
  leastCrossings: number;
  /** Copies that nobody consumes where they are, but that are copied further. */
  relays: string[];
  /** How many of them are on the host of the original. */
  relaysAtHome: number;
  producers: number;
  consumers: number;
}

export class CountingMediasoup {
  /** @param hosts - On which the workers are, one after the other. Default: on one. */
  constructor(hosts?: readonly string[]);
  readonly observer: Mediasoup['observer'];
  readonly createWorker: Mediasoup['createWorker'];
  count(): PipeCount;
}
