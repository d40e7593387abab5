export interface PerKind {
  audio: number;
  video: number;
}

/** Units of weight. 100 units are 1 % of a core: 10 ms of CPU in a second are 100 units. */
export interface Weights {
  /** A transport, besides what flows through it. */
  transport: number;
  /** A stream that comes in. */
  producer: PerKind;
  /** A stream that goes out. */
  consumer: PerKind;
  /** A stream on its way from one worker to another: so much on each of the two. */
  pipe: PerKind;
}

/** What weighs something on one worker. */
export interface Carried {
  /** Of the application: those of pipes are in the weight of what is piped. */
  transports: number;
  producers: PerKind;
  consumers: PerKind;
  /** Streams that are piped from this worker, and those that are piped to it. */
  pipes: PerKind;
}

export interface PacketCosts {
  received: PerKind;
  forwarded: PerKind;
  /** On either of the two workers. */
  piped: PerKind;
}

/**
 * Microseconds of CPU per packet, with SRTP except in pipes, as measured on one machine under
 * load (docs/capacity.md). Measure yours, if it matters.
 */
export const measuredCosts: Readonly<PacketCosts> = {
  received: { audio: 26, video: 30 },
  forwarded: { audio: 14, video: 20 },
  piped: { audio: 13, video: 15 },
};

/** Packets of a stream in a second: opus, and video of 1 Mbit/s. */
export const usualRates: Readonly<PerKind> = { audio: 50, video: 115 };

/** Units that a transport weighs: ICE, and the feedback of who is connected to it. */
const transportWeight = 4;

/** Units of a whole core. */
export const unitsPerCore = 10_000;

/** Units that are put on one core: 60 %, as `watermarkWorker`. */
export const defaultBudget = 6_000;

/**
 * The weights of streams with so many packets, in whole units.
 *
 * @param rates - Packets of a stream in a second. Default: {@link usualRates}.
 * @param costs - Microseconds of CPU per packet. Default: {@link measuredCosts}.
 */
export function weightsFor(
  rates: Readonly<PerKind> = usualRates,
  costs: Readonly<PacketCosts> = measuredCosts,
): Weights {
  const unitsPerMicrosecond = unitsPerCore / 1_000_000;
  const weigh = ({ audio, video }: PerKind): PerKind => ({
    audio: Math.ceil(rates.audio * audio * unitsPerMicrosecond),
    video: Math.ceil(rates.video * video * unitsPerMicrosecond),
  });

  return {
    transport: transportWeight,
    producer: weigh(costs.received),
    consumer: weigh(costs.forwarded),
    pipe: weigh(costs.piped),
  };
}

export const defaultWeights: Readonly<Weights> = weightsFor();

/** Units of weight of all that a worker carries. */
export function weightOf(
  { transports, producers, consumers, pipes }: Carried,
  weights: Readonly<Weights> = defaultWeights,
): number {
  return (
    transports * weights.transport +
    product(producers, weights.producer) +
    product(consumers, weights.consumer) +
    product(pipes, weights.pipe)
  );
}

/** So many of each kind, each with the weight of its kind. */
export function product(count: PerKind, weight: PerKind): number {
  return count.audio * weight.audio + count.video * weight.video;
}
