import { describePlan } from './describePlan.js';
import { type CorePlan, layOut } from './layOut.js';
import { type CapacityDemand, roomOf } from './Room.js';

export interface CapacityPlan {
  /** How many cores it takes, so many workers. */
  cores: number;
  perCore: CorePlan[];
  /** Units on all cores together. */
  weight: number;
  /** Units of the pipes alone, on both of their sides. */
  pipeWeight: number;
  /** Streams that go from one worker to another, each counted for each worker it goes to. */
  pipes: number;
  producers: number;
  /** Of viewers: those of pipes are not among them. */
  consumers: number;
  /** The arithmetic, to read. */
  breakdown: string;
}

/**
 * How many cores a room takes at most, if each is filled up to a budget before the next. Every core
 * with viewers gets a copy of all that is sent to others; sending and receiving it has its weight.
 *
 * @throws TypeError for a number that cannot be meant, CapacityError for what cannot be done with
 *   any number of cores, as no transport can be on two of them.
 */
export function planCapacity(demand: CapacityDemand): CapacityPlan {
  const room = roomOf(demand);
  const perCore = layOut(room);
  const sum = (of: (core: CorePlan) => number): number =>
    perCore.reduce((total, core) => total + of(core), 0);
  const plan = {
    cores: perCore.length,
    perCore,
    weight: sum(({ weight }) => weight),
    pipeWeight: sum(({ pipeWeight }) => pipeWeight),
    pipes: sum(({ pipesIn }) => pipesIn),
    producers: room.broadcasters * room.streamsOfBroadcaster,
    consumers: room.viewers * room.streamsOfViewer,
  };

  return { ...plan, breakdown: describePlan(room, plan) };
}
