import { join } from 'node:path';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFailed,
  onTestFinished,
  test,
} from 'vitest';
import { startService, type Service } from '../browser/processes.js';
import { launchBrowser } from '../support/browser.js';
import { until } from '../support/events.js';
import { freePort } from '../support/freePort.js';
import { Balancer, check, type BalancerKind } from './support/Balancer.js';
import { get } from './support/get.js';
import { Person } from './support/Person.js';

const app = join(import.meta.dirname, '..', '..', 'examples/edumeet-port/dist/server/main.js');
/** Milliseconds for what goes through several processes and, at times, their timeouts. */
const patience = 30_000;
const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

async function peopleIn(server: string, room: string): Promise<number> {
  const { text } = await get(`${server}/api/rooms/${room}`);

  return (JSON.parse(text) as { peers: unknown[] }).peers.length;
}

describe.each<BalancerKind>(['nginx', 'haproxy'])('%s', { timeout: 90_000 }, (kind) => {
  /** Others in each test: balancers remember. */
  let rooms: string[] = [];
  let round = 0;
  const servers: Service[] = [];
  const people: Person[] = [];
  let balancer: Balancer;

  const startServer = async (port?: string) =>
    startService(app, ['--port', port ?? String(await freePort()), '--media', 'local']);
  const enter = (room: string) => void people.push(new Person(balancer.url, room));
  const startBalancer = (remembers?: string) =>
    Balancer.start(
      kind,
      servers.map(({ url }) => new URL(url).host),
      remembers,
    );
  const everybodyJoined = () => people.every(({ joined }) => joined);
  const inRoom = (room: string) => people.filter((person) => person.room === room).length;

  /** How many of the people of a room are at each server. */
  const spread = (room: string) => Promise.all(servers.map(({ url }) => peopleIn(url, room)));

  /** The server of each room. Fails if there is one whose people are not all at one. */
  async function places(among = rooms): Promise<number[]> {
    const spreads = await Promise.all(among.map(spread));

    among.forEach((room, index) => {
      const counts = spreads[index]!;

      expect([...counts].sort(), `${room}: ${counts.join(' + ')}`).toEqual([0, inRoom(room)]);
    });

    return spreads.map((counts) => counts.findIndex((count) => count > 0));
  }

  beforeAll(async () => {
    servers.push(await startServer(), await startServer());
    // Rooms with people in them are remembered all the same.
    balancer = await startBalancer('1s');
  });
  // What a page of a test before left is of no room of this one.
  beforeEach(async () => {
    onTestFailed(() => console.log(balancer.output.slice(-5000)));
    people.splice(0).forEach((person) => person.leave());
    await until('empty rooms', async () =>
      (await Promise.all(rooms.map(spread))).flat().every((count) => count === 0),
    );
    rooms = names(`room-${(round += 1)}`, 20);
  });
  afterAll(async () => {
    people.forEach((person) => person.leave());
    await balancer?.stop();
    await Promise.all(servers.map((server) => server.stop()));
  });

  test('accepts the file as it is shipped', async () => {
    const [code, text] = await check(kind);

    expect(code, text).toBe(0);
    expect(text).not.toMatch(/warn/i);
  });

  test('everybody in a room comes to the same server, and both have rooms', async () => {
    for (const room of rooms) for (let count = 0; count < 3; count += 1) enter(room);
    await until('everybody to join', everybodyJoined, patience);
    expect(new Set(await places())).toEqual(new Set([0, 1]));

    // Who asks about a room is told by the server that has it, whichever way the name is written.
    for (const room of rooms) expect(await peopleIn(balancer.url, room)).toBe(3);
    if (kind === 'haproxy') {
      for (const room of rooms) expect(await peopleIn(balancer.url, room.toUpperCase())).toBe(3);
    }
  });

  test('a socket is for the room in its address only', async () => {
    const person = new Person(balancer.url, rooms[0]!);

    await until('it to join', () => person.joined);
    person.leave();

    const other = new Person(balancer.url, 'somewhere');

    await until('it to join', () => other.joined);
    await expect(other.ask('somewhere-else')).resolves.toMatchObject({
      ok: false,
      error: { code: 'bad-request' },
    });
    other.leave();
  });

  test('serves pages, over https only', async () => {
    const page = await get(`${balancer.url}/${rooms[0]}`);

    expect(page.status).toBe(200);
    expect(page.text).toContain('<script');

    const redirect = await get(`http://127.0.0.1:${balancer.ports.http}/tea?video=640x360`);

    expect(redirect.status).toBe(308);
    expect(redirect.location).toMatch(/^https:\/\/127\.0\.0\.1.*\/tea\?video=640x360$/);
  });

  test('a real page comes to the server of its room, with all that it asks', async () => {
    const browser = await launchBrowser({ flags: ['--ignore-certificate-errors'] });

    onTestFinished(() => browser.close());

    const room = rooms[0]!;
    const page = await browser.newPage();
    const socket = page.waitForEvent('websocket', { timeout: patience });
    const presence = page.waitForResponse(/\/api\/rooms\//, { timeout: patience });

    enter(room);
    await until('the other one to join', everybodyJoined, patience);
    await page.goto(`${balancer.url}/${room}`);
    // Whoever is in the room already is known where the room is.
    expect((await (await presence).json()) as object).toMatchObject({ open: true });
    await page.getByTestId('join-name').fill('Bob');
    await page.getByTestId('join').click();
    expect(new URL((await socket).url()).searchParams.get('room')).toBe(room);
    await until(
      'the page to be connected',
      async () => (await page.evaluate<string>('window.conference.connection')) === 'connected',
      patience,
    );
    expect((await spread(room)).sort()).toEqual([0, 2]);
  });

  test('the loss of a server moves its rooms as a whole, and no other', async () => {
    for (const room of rooms) for (let count = 0; count < 2; count += 1) enter(room);
    await until('everybody to join', everybodyJoined, patience);

    const before = await places();
    const port = new URL(servers[0]!.url).port;

    await servers[0]!.kill();
    await until(
      'those of it to be back',
      () =>
        people
          .filter(({ room }) => before[rooms.indexOf(room)] === 0)
          .every(({ losses, joined }) => losses > 0 && joined),
      patience,
    );
    for (const { room, losses } of people) {
      if (before[rooms.indexOf(room)] === 1) expect(losses, room).toBe(0);
    }
    for (const room of rooms) expect(await peopleIn(servers[1]!.url, room), room).toBe(2);

    // It returns, empty. New rooms go to it again.
    servers[0] = await startServer(port);
    await newRoomsReach(0);

    if (kind === 'haproxy') {
      // Those that moved stay where they are, with whoever comes to them.
      for (const room of rooms) enter(room);
      await until('the newcomers to join', everybodyJoined, patience);
      expect(new Set(await places())).toEqual(new Set([1]));
      // Those who stayed have noticed nothing of all this.
      for (const { room, losses } of people) {
        if (before[rooms.indexOf(room)] === 1) expect(losses, room).toBe(0);
      }
    } else {
      // The ring is the old one. A reload has everybody dial again, and brings rooms together.
      for (const room of rooms) enter(room);
      await until('the newcomers to join', everybodyJoined, patience);

      await everybodyDialsAgainAfter(() => balancer.reload());
      expect(await places()).toEqual(before);
    }
  });

  if (kind === 'haproxy') {
    test('a server that drains keeps its rooms, and gets no new ones', async () => {
      rooms.forEach(enter);
      await until('everybody to join', everybodyJoined, patience);

      const before = await places();

      expect(new Set(before)).toEqual(new Set([0, 1]));
      await balancer.administer('set server conference/app1 state drain');
      rooms.forEach(enter);

      const newRooms = names('while-draining', 20);

      newRooms.forEach(enter);
      await until('everybody to join', everybodyJoined, patience);
      expect(await places()).toEqual(before);
      expect(new Set(await places(newRooms))).toEqual(new Set([1]));
      await balancer.administer('set server conference/app1 state ready');
    });

    test('a reload brings every room together where the ring says', async () => {
      await balancer.administer('set server conference/app1 state drain');
      rooms.forEach(enter);
      await until('everybody to join', everybodyJoined, patience);
      expect(new Set(await places())).toEqual(new Set([1]));
      await everybodyDialsAgainAfter(() => balancer.reload());
      rooms.forEach(enter);
      await until('the newcomers to join', everybodyJoined, patience);
      expect(new Set(await places())).toEqual(new Set([0, 1]));
    });

    test('the rooms of a server that hangs move to another', async () => {
      rooms.forEach(enter);
      await until('everybody to join', everybodyJoined, patience);

      const before = await places();

      process.kill(servers[0]!.pid, 'SIGSTOP');
      await until(
        'those of it to be back',
        () =>
          people.every(
            ({ room, losses, joined }) =>
              joined && (losses > 0 || before[rooms.indexOf(room)] === 1),
          ),
        patience,
      );
      for (const room of rooms) expect(await peopleIn(servers[1]!.url, room), room).toBe(1);
      await servers[0]!.kill();
    });
  }

  async function everybodyDialsAgainAfter(action: () => void): Promise<void> {
    const losses = people.map((person) => person.losses);

    action();
    await until(
      'everybody to have dialled again',
      () => people.every((person, index) => person.joined && person.losses > losses[index]!),
      patience,
    );
  }

  /** Rooms that nobody was in: some of them must come to that server. */
  async function newRoomsReach(server: number): Promise<void> {
    let number = 0;

    await until(
      'new rooms at the server that is back',
      async () => {
        const person = new Person(balancer.url, `new-${kind}-${(number += 1)}`);

        await until('it to join', () => person.joined);

        const there = await peopleIn(servers[server]!.url, person.room);

        person.leave();

        return there > 0;
      },
      patience,
    );
  }
});
