import type { Mediasoup } from '@tureen/vertical';

export interface PipeCount {
  workers: number;
  pipeConsumers: number;
  pipeTransports: number;
  /** The fewest pipe consumers that could serve all consumers. */
  least: number;
  producers: number;
  consumers: number;
}

export class CountingMediasoup {
  readonly observer: Mediasoup['observer'];
  readonly createWorker: Mediasoup['createWorker'];
  count(): PipeCount;
}
