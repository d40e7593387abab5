import { CapacityError } from './CapacityError.js';
import type { Room } from './Room.js';

/** What one core carries. */
export interface CorePlan {
  broadcasters: number;
  /** Who watch; of a conference, broadcasters too. */
  viewers: number;
  /** Streams that are piped to other cores, each counted for each core it goes to. */
  pipesOut: number;
  /** Streams that are piped from other cores. */
  pipesIn: number;
  /** Units of all that. */
  weight: number;
  /** Units of the pipes alone. */
  pipeWeight: number;
}

/**
 * Fills core after core, broadcasters first. How much room pipes take on the first core depends on
 * how many cores will have viewers, which depends on how much room pipes take: it is tried with
 * more and more of them until the guess is true.
 *
 * @throws CapacityError if it never is.
 */
export function layOut(room: Room): CorePlan[] {
  let receiving = room.viewers > 0 ? 1 : 0;

  for (;;) {
    const cores = fill(room, receiving);
    const real = cores.filter(({ viewers }) => viewers > 0).length;

    if (real <= receiving) {
      return cores.map((core) => withPipes(room, core, real));
    }
    receiving = real;
  }
}

interface Filled {
  broadcasters: number;
  viewers: number;
}

/** @param receiving - On so many cores there will be viewers. */
function fill(room: Room, receiving: number): Filled[] {
  const cores: Filled[] = [];
  let { broadcasters, viewers } = room;

  while (broadcasters > 0 || viewers > 0) {
    const core = fillOne(room, { broadcasters, viewers }, receiving);

    if (core.broadcasters === 0 && core.viewers === 0) {
      throw new CapacityError(tooMuch(room, broadcasters > 0, receiving));
    }
    broadcasters -= core.broadcasters;
    viewers -= core.viewers;
    cores.push(core);
  }

  return cores;
}

function fillOne(room: Room, left: Filled, receiving: number): Filled {
  const { budget, broadcasterWeight, viewerWeight, pipeWeight } = room;
  const broadcasters = howMany(
    budget,
    broadcasterWeight + receiving * pipeWeight,
    left.broadcasters,
  );
  // With viewers here there is one core less to pipe to, but pipes come in from all others.
  const taken =
    broadcasters * (broadcasterWeight + Math.max(0, receiving - 1) * pipeWeight) +
    (room.broadcasters - broadcasters) * pipeWeight;
  const viewers = howMany(budget - taken, viewerWeight, left.viewers);

  return { broadcasters, viewers };
}

/** So many pieces of a weight fit in, of those that are left. */
function howMany(space: number, weight: number, left: number): number {
  return weight > 0 ? Math.max(0, Math.min(left, Math.floor(space / weight))) : left;
}

function withPipes(room: Room, { broadcasters, viewers }: Filled, receiving: number): CorePlan {
  const targets = viewers > 0 ? receiving - 1 : receiving;
  const sources = viewers > 0 ? room.broadcasters - broadcasters : 0;
  const pipeWeight = (broadcasters * targets + sources) * room.pipeWeight;

  return {
    broadcasters,
    viewers,
    pipesOut: broadcasters * targets * room.streamsOfBroadcaster,
    pipesIn: sources * room.streamsOfBroadcaster,
    weight: broadcasters * room.broadcasterWeight + viewers * room.viewerWeight + pipeWeight,
    pipeWeight,
  };
}

function tooMuch(room: Room, isBroadcaster: boolean, receiving: number): string {
  const { budget, broadcasterWeight, viewerWeight, pipeWeight } = room;

  return isBroadcaster
    ? `a broadcaster weighs ${broadcasterWeight}, and ${receiving} times ${pipeWeight} to be ` +
        `piped, which is more than the ${budget} of a core`
    : `a viewer weighs ${viewerWeight}, and the pipes of what there is to watch ` +
        `${room.broadcasters * pipeWeight}, which is more than the ${budget} of a core`;
}
