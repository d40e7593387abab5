import { once } from 'node:events';
import type { types } from 'mediasoup';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { Daemon } from '../support/Daemon.js';
import { until } from '../support/events.js';
import { noWorkersLeft } from '../support/useTarget.js';
import { type Hosts, impatient, startHosts, unusable, usable } from './support/hosts.js';
import { Room } from './support/Room.js';

afterAll(noWorkersLeft);

const draining = ['--drain-timeout', '600'];

async function openRooms({ mediasoup }: Hosts, count: number): Promise<Room[]> {
  const rooms: Room[] = [];

  for (let index = 0; index < count; index += 1) {
    rooms.push(await Room.open(mediasoup, 1000 + index));
  }
  onTestFinished(() => rooms.forEach((room) => room.close()));

  return rooms;
}

/** Starts a daemon anew where one was. */
async function startAgain(hosts: Hosts, index: number): Promise<void> {
  const { port } = new URL(hosts.daemons[index]!.url);
  const daemon = await Daemon.start(['--port', port, ...draining]);

  hosts.daemons[index] = daemon;
  onTestFinished(async () => void (await daemon.stop('SIGKILL')));
}

test(
  'rolling restart: rooms move one by one, media of the others never stops',
  { timeout: 90_000 },
  async () => {
    const hosts = await startHosts({ count: 3, args: draining });
    const { horizontal, clients, daemons, indexOf } = hosts;
    const rooms = await openRooms(hosts, 6);
    const consumers = () => rooms.map(({ consumer }) => consumer);

    expect(rooms.map(({ worker }) => indexOf(worker))).toEqual([0, 1, 2, 0, 1, 2]);

    for (const index of [0, 1, 2]) {
      const here = rooms.filter(({ worker }) => indexOf(worker) === index);
      const elsewhere = rooms.filter((room) => !here.includes(room));
      const before = new Map(elsewhere.map((room) => [room, room.consumer]));
      const told = unusable(horizontal, clients[index]!);
      const ended = once(daemons[index]!.process, 'exit');

      expect(here.length).toBeGreaterThan(0);
      daemons[index]!.process.kill('SIGTERM');
      expect(await told).toBe('draining');
      // It goes on with what it has until the application has moved that.
      await Promise.all(rooms.map((room) => room.flows()));
      for (const room of here) {
        await room.setUp();
        expect(indexOf(room.worker)).not.toBe(index);
      }
      expect(await ended).toEqual([0, null]);
      await Promise.all(rooms.map((room) => room.flows()));
      expect(elsewhere.map((room) => room.consumer)).toEqual([...before.values()]);
      await startAgain(hosts, index);
      await usable(horizontal, 3);
      await Promise.all(rooms.map((room) => room.flows()));
      expect(consumers().some(({ closed }) => closed)).toBe(false);
    }

    // Who was started again is used again.
    const workers = await Promise.all([1, 2, 3].map(() => hosts.mediasoup.createWorker()));

    expect(workers.map(indexOf).sort()).toEqual([0, 1, 2]);
    workers.forEach((worker) => worker.close());
    rooms.forEach((room) => room.close());
    for (const client of clients) {
      await until('nothing is left on any host', async () => {
        const { workers: left = [] } = await client.getStats();

        return left.length === 0;
      });
    }
  },
);

test(
  'SIGKILL of one of three hosts: its rooms are set up elsewhere, the others’ media goes on',
  { timeout: 60_000 },
  async () => {
    const hosts = await startHosts({ count: 3 });
    const { horizontal, daemons, indexOf } = hosts;
    const rooms = await openRooms(hosts, 6);
    const victims = rooms.filter(({ worker }) => indexOf(worker) === 1);
    const others = rooms.filter((room) => !victims.includes(room));
    const before = others.map(({ consumer }) => consumer);
    const died = victims.map(
      ({ worker }) =>
        new Promise<types.Worker>((resolve) => worker.once('died', () => resolve(worker))),
    );

    horizontal.on('error', () => undefined);
    await Promise.all(rooms.map((room) => room.flows()));
    daemons[1]!.process.kill('SIGKILL');
    await Promise.all(died);
    await Promise.all(victims.map((room) => room.setUp()));
    await Promise.all(rooms.map((room) => room.flows()));
    expect(victims.map(({ worker }) => indexOf(worker))).not.toContain(1);
    expect(others.map(({ consumer }) => consumer)).toEqual(before);
    expect(before.some(({ closed }) => closed)).toBe(false);
  },
);

// Six seconds until the client knows, and the window.
test(
  'SIGSTOP of one of three hosts: it is given nothing, its sessions last as long as the window',
  { timeout: 60_000 },
  async () => {
    const hosts = await startHosts({ count: 3, args: ['--resume-window', '3'], ...impatient });
    const { horizontal, clients, daemons, indexOf } = hosts;
    const rooms = await openRooms(hosts, 3);
    const victim = rooms[1]!;
    const told = unusable(horizontal, clients[1]!);
    const died = new Promise<void>((resolve) => victim.worker.once('died', () => resolve()));

    horizontal.on('error', () => undefined);
    daemons[1]!.process.kill('SIGSTOP');
    expect(await told).toMatch(/has not answered|not connected/);
    for (let count = 0; count < 3; count += 1) {
      const worker = await hosts.mediasoup.createWorker();

      expect(indexOf(worker)).not.toBe(1);
      worker.close();
    }
    // Its worker is another process and goes on, until the session is given up.
    await Promise.all(rooms.map((room) => room.flows()));
    await died;
    await victim.setUp();
    await Promise.all(rooms.map((room) => room.flows()));
    expect(rooms.map(({ generation }) => generation)).toEqual([1, 2, 1]);
  },
);
