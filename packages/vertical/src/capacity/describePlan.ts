import type { CorePlan } from './layOut.js';
import type { CapacityPlan } from './planCapacity.js';
import type { Room } from './Room.js';
import { unitsPerCore } from './weights.js';

/** The arithmetic of a plan, in lines of text; cores in a row that are alike share one. */
export function describePlan(room: Room, plan: Omit<CapacityPlan, 'breakdown'>): string {
  const { broadcasters, viewers, budget, broadcasterWeight, viewerWeight, media } = room;
  const pipe = media.reduce((sum, each) => sum + each.pipe, 0);

  return [
    `${broadcasters} × broadcaster of ${broadcasterWeight}, ${viewers} × viewer of ${viewerWeight}, ` +
      `${pipe} on both sides to pipe one broadcaster to one core`,
    ...groups(plan.perCore).map(({ first, last, of }) => {
      const name = first === last ? `core ${first}` : `cores ${first} to ${last}, each`;

      return `${name}: ${terms(room, of)} = ${of.weight} of ${budget}`;
    }),
    `${count(plan.cores, 'core')}, ${count(plan.pipes, 'stream')} piped; ` +
      `in all ${plan.weight} (${share(plan.weight)} cores), pipes ${plan.pipeWeight} of it`,
  ].join('\n');
}

function terms(room: Room, { broadcasters, viewers, pipeWeight }: CorePlan): string {
  return [
    broadcasters > 0 && `${broadcasters} × ${room.broadcasterWeight}`,
    viewers > 0 && `${viewers} × ${room.viewerWeight}`,
    pipeWeight > 0 && `pipes ${pipeWeight}`,
  ]
    .filter(Boolean)
    .join(' + ');
}

interface Group {
  first: number;
  last: number;
  of: CorePlan;
}

function groups(cores: readonly CorePlan[]): Group[] {
  const all: Group[] = [];

  cores.forEach((of, index) => {
    const group = all.at(-1);

    if (group && isAlike(group.of, of)) {
      group.last = index + 1;
    } else {
      all.push({ first: index + 1, last: index + 1, of });
    }
  });

  return all;
}

function isAlike(one: CorePlan, other: CorePlan): boolean {
  return (
    one.broadcasters === other.broadcasters &&
    one.viewers === other.viewers &&
    one.weight === other.weight
  );
}

const count = (number: number, what: string): string =>
  `${number} ${number === 1 ? what : `${what}s`}`;

const share = (weight: number): string => (weight / unitsPerCore).toFixed(2);
