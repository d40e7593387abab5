import { defaultBudget, defaultWeights, type PerKind, product, type Weights } from './weights.js';

export interface CapacityDemand {
  /** Who send. */
  broadcasters: number;
  /** Who only watch. */
  viewers: number;
  /** Broadcasters watch too, as in a conference. Default false. */
  broadcastersWatch?: boolean;
  /** Streams that each broadcaster sends. Default: one audio, one video. */
  streams?: Partial<PerKind>;
  /** Broadcasters that each viewer hears and sees at a time. Default: all. */
  watched?: Partial<PerKind>;
  /** Default: `defaultWeights`. */
  weights?: Readonly<Weights>;
  /** Units of weight that are put on one core. Default 6000, which are 60 %. */
  budgetPerCore?: number;
}

/** A demand in units of weight. */
export interface Room {
  broadcasters: number;
  /** All who watch. */
  viewers: number;
  budget: number;
  streamsOfBroadcaster: number;
  streamsOfViewer: number;
  /** Units of what a broadcaster sends, with its transport. */
  broadcasterWeight: number;
  /** Units of what a viewer consumes, with its transport. */
  viewerWeight: number;
  /** One entry for each kind of media. */
  media: readonly Media[];
}

interface Media {
  /** Streams of each broadcaster. */
  streams: number;
  /** Broadcasters that each viewer watches. */
  watched: number;
  /** Units, on either side, of one broadcaster's streams piped to one more core. */
  pipe: number;
}

/** @throws TypeError for a number that cannot be meant. */
export function roomOf(demand: CapacityDemand): Room {
  const { broadcasters, viewers, broadcastersWatch = false } = demand;
  const { weights = defaultWeights, budgetPerCore: budget = defaultBudget } = demand;
  const streams = { audio: 1, video: 1, ...demand.streams };
  // In a conference nobody watches himself.
  const others = broadcastersWatch && viewers === 0 ? 1 : 0;
  const sources = Math.max(0, broadcasters - others);
  const watched = { audio: sources, video: sources, ...demand.watched };

  checkCounts('', { broadcasters, viewers });
  checkCounts('streams.', streams);
  checkCounts('watched.', watched);
  if (!(budget > 0)) {
    throw new TypeError(`budgetPerCore must be a number above 0, not ${budget}`);
  }

  const consumed = {
    audio: Math.min(watched.audio, sources) * streams.audio,
    video: Math.min(watched.video, sources) * streams.video,
  };

  return {
    broadcasters,
    viewers: viewers + (broadcastersWatch ? broadcasters : 0),
    budget,
    streamsOfBroadcaster: streams.audio + streams.video,
    streamsOfViewer: consumed.audio + consumed.video,
    broadcasterWeight: weights.transport + product(streams, weights.producer),
    viewerWeight: weights.transport + product(consumed, weights.consumer),
    media: (['audio', 'video'] as const).map((kind) => ({
      streams: streams[kind],
      watched: Math.min(watched[kind], sources),
      pipe: streams[kind] * weights.pipe[kind],
    })),
  };
}

function checkCounts(path: string, counts: object): void {
  for (const [name, count] of Object.entries(counts)) {
    if (!(Number.isSafeInteger(count) && count >= 0)) {
      throw new TypeError(`${path}${name} must be a whole number, not ${count}`);
    }
  }
}
