import type { types } from 'mediasoup';

export class RoomTraffic {
  constructor(options: {
    router: Pick<types.Router, 'createDirectTransport'>;
    random: { below(limit: number): number };
    /** How many are in the room when it is full. */
    peers: number;
    /** How many others anybody watches at most. Default: all. */
    watches?: number;
    produce(transport: types.Transport, kind: types.MediaKind): Promise<types.Producer>;
    consume(transport: types.Transport, producer: types.Producer): Promise<types.Consumer>;
  });
  readonly size: number;
  fill(): Promise<void>;
  empty(): Promise<void>;
  step(): Promise<void>;
  join(): Promise<void>;
  leave(): Promise<void>;
}
