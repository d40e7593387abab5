import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { mediaWorkersOf } from '../browser/processes.js';
import { everybodyReceives } from '../browser/RoomPage.js';
import { until } from '../browser/waiting.js';
import { HostedConference } from './support/HostedConference.js';
import { comeBack, partPeople, watchEachOther } from './support/people.js';

const TIMEOUT_MS = 180_000;
/** Not one by chance. */
const REPAIRS = 5;

/** Every transport on another host than the last, so that what people see crosses hosts. */
const SCATTERED = [
  ...['--media', 'combined', '--host-placement', 'roundRobin'],
  ...['--vertical-workers', '3', '--placement', 'scatter', '--watermark-node', '100'],
];

/** A conference of its own for the tests of a `describe`. */
function useConference() {
  let conference: HostedConference;

  beforeAll(async () => {
    conference = await HostedConference.start({
      mediaHosts: ['one', 'two', 'three'],
      // Of four, each on two of three hosts, two at least are on the same two.
      people: ['ann', 'bob', 'cleo', 'dan'],
      impairment: { delay: 40, loss: 3, seed: 6 },
      appArgs: SCATTERED,
    });
  }, TIMEOUT_MS);

  afterAll(() => conference?.close(), TIMEOUT_MS);

  /** @param needed - Of the network; loopback has it not. */
  return (
    name: string,
    run: (conference: HostedConference) => Promise<void>,
    needed?: 'impaired' | 'separable',
  ) =>
    it(
      name,
      async ({ skip, onTestFailed }: TestContext) => {
        if (needed && !conference.network[needed]) skip(conference.network.description);
        onTestFailed(() => console.error(conference.log));
        await run(conference);
      },
      TIMEOUT_MS,
    );
}

describe('a room on three hosts, with 40 ms and 3 % loss between them', () => {
  const test = useConference();

  test('is seen and heard by everybody', async (conference) => {
    await everybodyReceives(conference.people);

    const used = new Set(conference.people.flatMap((person) => conference.hostsOf(person)));
    expect([...used].sort()).toEqual([...conference.mediaHosts].sort());
  });

  test(
    'has between its hosts encrypted pipes that repair what is lost',
    async (conference) => {
      let ends = await conference.pipesBetweenHosts();
      expect(ends.length).toBeGreaterThan(0);
      expect(ends.filter(({ srtp }) => !srtp)).toEqual([]);

      const received = () => ends.flatMap((end) => end.received);
      const sent = () => ends.flatMap((end) => end.sent);
      await until('what was lost came by retransmission', async () => {
        ends = await conference.pipesBetweenHosts();
        return received().reduce((sum, { packetsRepaired }) => sum + packetsRepaired, 0) >= REPAIRS;
      });
      expect((await conference.network.counts()).lost).toBeGreaterThanOrEqual(REPAIRS);
      expect(received().some(({ nackCount }) => nackCount > 0)).toBe(true);
      expect(sent().some(({ packetsRetransmitted }) => packetsRetransmitted > 0)).toBe(true);
      await everybodyReceives(conference.people);
    },
    'impaired',
  );

  test(
    'goes on as it was after a host could not be reached for a while',
    async (conference) => {
      const { host, bystanders } = await partPeople(conference);
      const { peers } = await conference.room();
      const stopWatching = watchEachOther(bystanders);

      await conference.cutForAWhile(host, () => everybodyReceives(bystanders));
      await everybodyReceives(conference.people);
      await stopWatching();

      // Nobody has joined again, and nothing was made anew.
      expect((await conference.room()).peers).toEqual(peers);
    },
    'separable',
  );

  test(
    'moves people from a host that cannot be reached for long, and disturbs nobody else',
    async (conference) => {
      const parted = await partPeople(conference);
      const { host, bystanders } = parted;
      const stopWatching = watchEachOther(bystanders);

      await conference.network.cut(host);
      await everybodyReceives(bystanders);
      await comeBack(conference, parted);
      await until('its daemon has given up the session', async () => {
        return (await mediaWorkersOf(conference.daemon(host).pid)).length === 0;
      });
      await everybodyReceives(conference.people);
      await stopWatching();

      const { usable } = conference.connections(host);
      await conference.network.mend(host);
      await until('it can be used again', async () => conference.connections(host).usable > usable);
      await everybodyReceives(conference.people);
      expect(conference.pageErrors).toEqual([]);
    },
    'separable',
  );
});

describe('a room on three hosts of which one fails', () => {
  const test = useConference();

  test('moves people from a host whose daemon is killed, and disturbs nobody else', async (conference) => {
    const parted = await partPeople(conference);
    const { host, bystanders } = parted;
    const stopWatching = watchEachOther(bystanders);

    await conference.killDaemon(host);
    await everybodyReceives(bystanders);
    await comeBack(conference, parted);
    await stopWatching();

    const { usable } = conference.connections(host);
    await conference.startDaemon(host);
    await until('it can be used again', async () => conference.connections(host).usable > usable);
    await everybodyReceives(conference.people);
    expect(conference.pageErrors).toEqual([]);
  });
});
