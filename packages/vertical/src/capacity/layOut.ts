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

/** How many people are on a core. */
interface People {
  broadcasters: number;
  viewers: number;
}

/** Of each kind of media, broadcasters of whom a core gets a copy; or all cores together. */
type Copies = readonly number[];

/**
 * Fills core after core, broadcasters first. How much room pipes take where they start depends on
 * how many cores will have viewers, which depends on how much room pipes take: it is tried with
 * more and more copies until the guess is true.
 *
 * @throws CapacityError if it never is.
 */
export function layOut(room: Room): CorePlan[] {
  let copies: Copies = room.media.map(() => 0);

  for (;;) {
    const guess = copies;
    const cores = fill(room, guess);
    const real = sum(
      room,
      cores.map((core) => copiesTo(room, core)),
    );

    if (real.every((count, kind) => count <= guess[kind]!)) {
      return withPipes(room, cores, real);
    }
    copies = real.map((count, kind) => Math.max(count, guess[kind]!));
  }
}

function sum(room: Room, all: readonly Copies[]): Copies {
  return room.media.map((_, kind) => all.reduce((total, copies) => total + copies[kind]!, 0));
}

/** @param copies - So many there will be of all broadcasters together. */
function fill(room: Room, copies: Copies): People[] {
  const cores: People[] = [];
  let { broadcasters, viewers } = room;

  while (broadcasters > 0 || viewers > 0) {
    const core = fillOne(room, { broadcasters, viewers }, copies);

    if (core.broadcasters === 0 && core.viewers === 0) {
      throw new CapacityError(tooMuch(room, broadcasters > 0, copies));
    }
    broadcasters -= core.broadcasters;
    viewers -= core.viewers;
    cores.push(core);
  }

  return cores;
}

function fillOne(room: Room, left: People, copies: Copies): People {
  const fits = (people: People): boolean => weightAtMost(room, people, copies) <= room.budget;
  const broadcasters = most(left.broadcasters, (count) =>
    fits({ broadcasters: count, viewers: 0 }),
  );
  const viewers = most(left.viewers, (count) => fits({ broadcasters, viewers: count }));

  return { broadcasters, viewers };
}

/** The greatest number up to a limit with which something fits, if it does with all less. */
function most(limit: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, limit];

  while (low < high) {
    const middle = Math.ceil((low + high) / 2);

    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }

  return low;
}

function peopleWeight(room: Room, { broadcasters, viewers }: People): number {
  return broadcasters * room.broadcasterWeight + viewers * room.viewerWeight;
}

function weightAtMost(room: Room, people: People, copies: Copies): number {
  // Copies are shared out in whole ones: it can be one more of each kind than the share of them.
  const out = copies.map((count) =>
    Math.min(count, (count * people.broadcasters) / room.broadcasters + 1),
  );

  return (
    peopleWeight(room, people) +
    pipeWeight(room, copiesTo(room, people)) +
    (people.broadcasters > 0 ? pipeWeight(room, out) : 0)
  );
}

/** What comes in for viewers: no more than they watch, nor than there is elsewhere. */
function copiesTo(room: Room, { broadcasters, viewers }: People): Copies {
  return room.media.map(({ watched }) =>
    Math.min(room.broadcasters - broadcasters, viewers * watched),
  );
}

/** Units of so many copies, on one side. */
function pipeWeight(room: Room, copies: Copies): number {
  return room.media.reduce((sum, { pipe }, kind) => sum + copies[kind]! * pipe, 0);
}

function streams(room: Room, copies: Copies): number {
  return room.media.reduce((sum, { streams }, kind) => sum + copies[kind]! * streams, 0);
}

function withPipes(room: Room, cores: readonly People[], copies: Copies): CorePlan[] {
  let before = 0;

  return cores.map((people) => {
    const after = before + people.broadcasters;
    const shared = (count: number, upTo: number): number =>
      upTo === 0 ? 0 : Math.round((count * upTo) / room.broadcasters);
    const out = copies.map((count) => shared(count, after) - shared(count, before));
    const into = copiesTo(room, people);
    const pipes = pipeWeight(room, out) + pipeWeight(room, into);

    before = after;

    return {
      ...people,
      pipesOut: streams(room, out),
      pipesIn: streams(room, into),
      weight: peopleWeight(room, people) + pipes,
      pipeWeight: pipes,
    };
  });
}

function tooMuch(room: Room, isBroadcaster: boolean, copies: Copies): string {
  const people = isBroadcaster ? { broadcasters: 1, viewers: 0 } : { broadcasters: 0, viewers: 1 };
  const weight = Math.ceil(weightAtMost(room, people, copies));
  const who = isBroadcaster ? 'a broadcaster' : 'a viewer';

  return `${who} weighs ${weight} with its pipes, which is more than the ${room.budget} of a core`;
}
