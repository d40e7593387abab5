import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everybodyReceives } from '../browser/RoomPage.js';
import { HostedConference } from './support/HostedConference.js';

const TIMEOUT_MS = 90_000;

/** The simplest of all: one media host, and everybody somewhere else. */
describe('a daemon, an app and two browsers, each on a host of its own', () => {
  let conference: HostedConference;

  beforeAll(async () => {
    conference = await HostedConference.start({
      mediaHosts: ['media'],
      people: ['ann', 'bob'],
      impairment: { delay: 0, loss: 0, seed: 1 },
      appArgs: [],
    });
  }, TIMEOUT_MS);

  afterAll(() => conference?.close(), TIMEOUT_MS);

  it(
    'play video to each other',
    async () => {
      await everybodyReceives(conference.people);
      expect(conference.people.map((person) => conference.hostsOf(person))).toEqual([
        ['media'],
        ['media'],
      ]);
      expect(conference.pageErrors).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'go on as they were after the daemon could not be reached for a while',
    async ({ skip }) => {
      if (!conference.network.separable) skip(conference.network.description);
      await everybodyReceives(conference.people);
      const { peers } = await conference.room();

      await conference.cutForAWhile('media');
      await everybodyReceives(conference.people);

      expect((await conference.room()).peers).toEqual(peers);
    },
    TIMEOUT_MS,
  );
});
