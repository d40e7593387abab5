import { expect } from 'vitest';
import { everybodyReceives, type RoomPage } from '../../browser/RoomPage.js';
import { until, watch } from '../../browser/waiting.js';
import type { HostedConference } from './HostedConference.js';

/**
 * A picture that stands still for longer has stopped, however busy the machine is: what depends on a
 * host that is cut off stands still until that is noticed, which takes longer.
 */
const STANDSTILL_MS = 6_000;
/** Each takes the next places: one of these suits. */
const MOVES = 12;

/** Those who are on a host and those who are not. */
export interface Parted {
  host: string;
  theirs: RoomPage[];
  /** Two at least. */
  bystanders: RoomPage[];
  /** Of {@link theirs} in the room, as they are now. */
  ids: (string | undefined)[];
}

/**
 * Finds a media host that some people are on, and two others at least are not, nor anything that
 * they see of each other: a source that is busy may have let a third host hand it on.
 */
export async function partPeople(conference: HostedConference): Promise<Parted> {
  for (let moves = 0; moves < MOVES; moves++) {
    for (const host of conference.mediaHosts) {
      const isThere = (person: RoomPage) => conference.hostsOf(person).includes(host);
      const theirs = conference.people.filter(isThere);
      const bystanders = conference.people.filter((person) => !isThere(person));

      if (theirs.length > 0 && bystanders.length > 1) {
        await everybodyReceives(conference.people);
        const ends = await conference.pipesBetweenHosts([host]);
        if (ends.some(({ relayed }) => relayed > 0)) continue;
        const ids = await Promise.all(theirs.map((person) => idOf(conference, person)));
        return { host, theirs, bystanders, ids };
      }
    }
    const person = conference.people[moves % conference.people.length]!;
    await person.page.getByTestId('leave').click();
    await person.submitJoinForm();
  }
  throw new Error('no host has people on it and two others off it');
}

/** Waits until those who were on a host take part again, without that host. */
export async function comeBack(conference: HostedConference, parted: Parted): Promise<void> {
  const { host, theirs, ids } = parted;

  for (const [index, person] of theirs.entries()) {
    await until(`${person.name} is back on other hosts than ${host}`, async () => {
      const id = await idOf(conference, person);
      return id !== undefined && id !== ids[index] && !conference.hostsOf(person).includes(host);
    });
    await person.connected();
  }
  await everybodyReceives(conference.people);
}

/**
 * Watches what some people see of each other.
 *
 * @returns what ends that, and fails if any of it stopped or began anew.
 */
export function watchEachOther(people: RoomPage[]): () => Promise<void> {
  const pairs = people.flatMap((person) =>
    people
      .filter((other) => other !== person)
      .map((other) => ({
        pair: `${person.name} sees ${other.name}`,
        stop: watch(() => person.framesOf(other.name)),
      })),
  );

  return async () => {
    const watched = await Promise.all(
      pairs.map(async ({ pair, stop }) => ({ pair, ...(await stop()) })),
    );
    const disturbed = watched.filter(
      ({ wentBack, longestStandstill }) => wentBack || longestStandstill > STANDSTILL_MS,
    );

    expect(disturbed).toEqual([]);
  };
}

async function idOf(conference: HostedConference, { name }: RoomPage): Promise<string | undefined> {
  const { peers } = await conference.room();

  return peers.find(({ displayName }) => displayName === name)?.id;
}
