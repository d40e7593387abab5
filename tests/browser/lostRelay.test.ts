import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../support/browser.js';
import { Guest } from './Guest.js';
import { alive, mediaWorkersOf, startService, udpPortsOf, type Service } from './processes.js';
import { RoomPage } from './RoomPage.js';
import { until } from './waiting.js';

const ROOT = join(import.meta.dirname, '..', '..');
const APP = join(ROOT, 'examples/edumeet-port/dist/server/main.js');
const DAEMON = join(ROOT, 'packages/remote-server/dist/bin.js');
const ROOM = 'lost-relay';
const TIMEOUT_MS = 120_000;

/** Two real workers on each of two hosts, in turns; each transport is on the next one. */
const SPANNING = [
  ...['--media', 'combined', '--host-placement', 'roundRobin'],
  ...['--vertical-workers', '4', '--placement', 'scatter', '--watermark-node', '100'],
];

interface Room {
  peers: {
    displayName: string;
    id: string;
    consumers: { id: string; peerId: string }[];
  }[];
}

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}, TIMEOUT_MS);

async function start(script: string, args: string[]): Promise<Service> {
  const service = await startService(script, ['--port', '0', ...args]);
  cleanUps.push(() => service.stop());
  return service;
}

async function openBrowser(): Promise<TestBrowser> {
  const browser = await launchBrowser();
  cleanUps.push(() => browser.close());
  return browser;
}

it(
  'somebody who received by way of another worker sees on, without joining again',
  async () => {
    const hosts: Service[] = [];
    for (const name of ['one', 'two']) {
      hosts.push(await start(DAEMON, ['--host-id', name, '--pipe-address', '127.0.0.1']));
    }
    const urls = hosts.flatMap(({ url }) => ['--tureen-url', url]);
    const app = await start(APP, [...SPANNING, ...urls]);
    const workers = async () =>
      (await Promise.all(hosts.map(({ pid }) => mediaWorkersOf(pid)))).flat();
    const room = async () => (await (await fetch(`${app.url}/api/rooms/${ROOM}`)).json()) as Room;
    const peer = async (name: string) =>
      (await room()).peers.find(({ displayName }) => displayName === name);
    const received = async (of: string, from: string) => {
      const [receiver, sender] = [await peer(of), await peer(from)];
      const consumers = receiver?.consumers.filter(({ peerId }) => peerId === sender?.id) ?? [];
      return consumers.map(({ id }) => id);
    };

    const browser = await openBrowser();
    const ann = await RoomPage.join(browser, `${app.url}/${ROOM}`, 'Ann');

    // The first on the other host: what comes next to it there, comes from it.
    const guest = new Guest(app.url);
    cleanUps.push(() => guest.leave());
    const port = await guest.watch(ROOM);
    await until('the guest gets all of Ann', async () => {
      return (await received('Guest', 'Ann')).length === 2;
    });
    const cleo = await RoomPage.join(browser, `${app.url}/${ROOM}`, 'Cleo');
    await Promise.all([cleo.receives('Ann'), ann.receives('Cleo')]);

    const pids = await workers();
    const ports = await Promise.all(pids.map(udpPortsOf));
    const relay = pids.find((_, index) => ports[index]!.includes(port))!;
    const before = {
      places: [await peer('Ann'), await peer('Cleo')].map((each) => each?.id),
      received: await received('Cleo', 'Ann'),
    };

    expect(before.received).toHaveLength(2);
    // Nothing of Ann's own or Cleo's own is on it.
    for (const page of [ann, cleo]) {
      expect(page.mediaPorts.filter((own) => ports[pids.indexOf(relay)]!.includes(own))).toEqual(
        [],
      );
    }

    process.kill(relay, 'SIGKILL');
    await until('the guest is told', async () => guest.removals.length > 0);
    await until('Cleo receives all of Ann in another way', async () => {
      const now = await received('Cleo', 'Ann');
      return now.length === 2 && now.every((id) => !before.received.includes(id));
    });
    await Promise.all([cleo.receives('Ann'), ann.receives('Cleo')]);

    expect(guest.removals).toEqual([{ reason: 'media-lost' }]);
    expect([await peer('Ann'), await peer('Cleo')].map((each) => each?.id)).toEqual(before.places);
    expect(browser.pageErrors).toEqual([]);

    const left = await workers();
    await app.stop();
    await until('the workers are gone', async () => (await alive(left)).length === 0);
  },
  TIMEOUT_MS,
);
