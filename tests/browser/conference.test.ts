import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../support/browser.js';
import { freePort } from '../support/freePort.js';
import { alive, mediaWorkersOf, startService, udpPortsOf, type Service } from './processes.js';
import { everybodyReceives, RoomPage } from './RoomPage.js';
import { grows, stops, until, watch } from './waiting.js';

const ROOT = join(import.meta.dirname, '..', '..');
const APP = join(ROOT, 'examples/edumeet-port/dist/server/main.js');
const DAEMON = join(ROOT, 'packages/remote-server/dist/bin.js');
const ROOM = 'browser-test';
const TIMEOUT_MS = 90_000;
/** A picture that stands still for longer has stopped, however busy the machine is. */
const STANDSTILL_MS = 3_000;

interface Mode {
  /** Real media workers, as soon as everybody is in the room. */
  workers: number;
  /** Options of each daemon with media workers. Without any the media is the app's own. */
  daemons?: string[][];
  /** Options of one more daemon, in front of those: the app knows it alone. */
  cluster?: string[];
  /** Whether a real worker can carry something of one person only. */
  scattered?: boolean;
  app: string[];
}

/** Daemons that are to be on two hosts, as far as anybody can tell. */
const HOSTS = ['one', 'two'].map((name) => ['--host-id', name, '--pipe-address', '127.0.0.1']);

/** Every transport on another worker than the last, however busy the machine is. */
const SCATTERED = [
  ...['--vertical-workers', '3'],
  ...['--placement', 'scatter'],
  ...['--watermark-node', '100'],
];

const MODES: Record<string, Mode> = {
  local: { workers: 1, app: ['--media', 'local'] },
  mock: { workers: 1, app: ['--media', 'mock'] },
  remote: { workers: 1, daemons: [[]], app: [] },
  vertical: { workers: 3, scattered: true, app: ['--media', 'vertical', ...SCATTERED] },
  'remote vertical': {
    workers: 3,
    scattered: true,
    daemons: [['--vertical', ...SCATTERED]],
    app: [],
  },
  horizontal: {
    workers: 2,
    daemons: HOSTS,
    app: ['--media', 'horizontal', '--workers', '2'],
  },
  combined: {
    workers: 3,
    scattered: true,
    daemons: HOSTS,
    app: ['--media', 'combined', '--host-placement', 'roundRobin', ...SCATTERED],
  },
  'cluster daemon': {
    workers: 3,
    scattered: true,
    daemons: HOSTS,
    cluster: ['--vertical', ...SCATTERED],
    app: [],
  },
};

interface Room {
  open: boolean;
  peers: {
    displayName: string;
    id: string;
    transports: number;
    producers: { source: string; paused: boolean }[];
    consumers: {
      id: string;
      peerId: string;
      source: string;
      paused: boolean;
      producerPaused: boolean;
    }[];
  }[];
}

describe.each(Object.entries(MODES))('conference with %s media', (_, mode) => {
  /** With media workers. */
  let daemons: Service[] = [];
  let cluster: Service | undefined;
  let app: Service;
  let browser: TestBrowser;
  let ann: RoomPage;
  let bob: RoomPage;
  let cleo: RoomPage;
  let mediaArgs: string[];
  let services: Service[] = [];

  const start = async (script: string, args: string[]): Promise<Service> => {
    const service = await startService(script, args);
    services.push(service);
    return service;
  };
  const stop = async (service: Service) => {
    services = services.filter((other) => other !== service);
    return service.stop();
  };
  const startDaemon = async (args: string[], port?: string) =>
    start(DAEMON, ['--port', port ?? String(await freePort()), ...args]);
  const workersBelow = async (hosts: Service[]) =>
    (await Promise.all(hosts.map(({ pid }) => mediaWorkersOf(pid)))).flat();
  const mediaWorkers = () => workersBelow(mode.daemons ? daemons : [app]);
  const roomUrl = () => `${app.url}/${ROOM}`;
  const room = async (): Promise<Room> => {
    const response = await fetch(`${app.url}/api/rooms/${ROOM}`);
    return (await response.json()) as Room;
  };
  const peer = async (name: string) =>
    (await room()).peers.find(({ displayName }) => displayName === name);
  const consumers = async (of: string, from: string) => {
    const [receiver, sender] = await Promise.all([peer(of), peer(from)]);
    return receiver?.consumers.filter(({ peerId }) => peerId === sender?.id) ?? [];
  };

  beforeAll(async () => {
    for (const args of mode.daemons ?? []) daemons.push(await startDaemon(args));
    if (mode.cluster) {
      const upstream = daemons.flatMap(({ url }) => ['--upstream', url]);
      cluster = await startDaemon([...upstream, ...mode.cluster]);
    }
    const urls = (cluster ? [cluster] : daemons).flatMap(({ url }) => ['--tureen-url', url]);
    mediaArgs = [...urls, ...mode.app];
    app = await start(APP, ['--port', String(await freePort()), ...mediaArgs]);
    browser = await launchBrowser();
    [ann, bob, cleo] = await Promise.all([
      RoomPage.join(browser, roomUrl(), 'Ann'),
      RoomPage.join(browser, roomUrl(), 'Bob'),
      RoomPage.join(browser, roomUrl(), 'Cleo'),
    ]);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser?.close();
    for (const service of services) await service.stop();
  }, TIMEOUT_MS);

  const test = (name: string, run: () => Promise<void>) => it(name, run, TIMEOUT_MS);

  test('runs the media workers in the right process', async () => {
    const ofApp = await workersBelow(cluster ? [app, cluster] : [app]);
    const ofDaemons = await Promise.all(daemons.map((daemon) => workersBelow([daemon])));

    expect({ app: ofApp.length, daemons: ofDaemons.flat().length }).toEqual(
      mode.daemons ? { app: 0, daemons: mode.workers } : { app: mode.workers, daemons: 0 },
    );
    expect(ofDaemons.every(({ length }) => length > 0)).toBe(true);
  });

  test('shows and plays everybody to everybody', async () => {
    await everybodyReceives([ann, bob, cleo]);

    expect((await ann.tileNames()).sort()).toEqual(['Ann (you)', 'Bob', 'Cleo']);
    expect(
      (await room()).peers.map(({ transports, producers, consumers: own }) => [
        transports,
        producers.length,
        own.length,
      ]),
    ).toEqual([
      [2, 2, 4],
      [2, 2, 4],
      [2, 2, 4],
    ]);
  });

  test('marks one active speaker', async () => {
    const pages = [ann, bob, cleo];
    await until('one and the same is marked for everybody', async () => {
      const [speakers, marks] = await Promise.all([
        Promise.all(pages.map((page) => page.activeSpeaker())),
        Promise.all(pages.map(({ page }) => page.locator('.tile.active-speaker').count())),
      ]);
      const agreed = speakers[0] !== null && new Set(speakers).size === 1;
      return agreed && marks.every((count) => count === 1);
    });
  });

  test('stops and restarts receiving one peer', async () => {
    await ann.tile('Bob').getByTestId('pause').click();
    await until('the server paused both consumers', async () => {
      const list = await consumers('Ann', 'Bob');
      return list.length === 2 && list.every(({ paused }) => paused);
    });
    const clock = () => ann.framesOf('Cleo');
    await stops('the video of Bob', () => ann.framesOf('Bob'), clock);
    await stops('the audio of Bob', () => ann.audioPacketsOf('Bob'), clock);
    await cleo.receives('Bob');

    await ann.tile('Bob').getByTestId('pause').click();
    await ann.receives('Bob');
  });

  test('mutes and unmutes', async () => {
    await bob.page.getByTestId('mute').click();
    await ann.page.locator('.tile.is-muted', { hasText: 'Bob' }).waitFor();
    await stops(
      'the audio of Bob',
      () => ann.audioPacketsOf('Bob'),
      () => ann.framesOf('Bob'),
    );

    await bob.page.getByTestId('mute').click();
    await grows('the audio of Bob', () => ann.audioPacketsOf('Bob'));
    expect(await ann.page.locator('.tile.is-muted').count()).toBe(0);
  });

  test('switches the camera off and on', async () => {
    await bob.page.getByTestId('camera').click();
    await ann.page.locator('.tile:not(.has-video)', { hasText: 'Bob' }).waitFor();
    await stops(
      'the video of Bob',
      () => ann.framesOf('Bob'),
      () => ann.framesOf('Cleo'),
    );

    await bob.page.getByTestId('camera').click();
    await grows('the video of Bob', () => ann.framesOf('Bob'));
    await ann.page.locator('.tile.has-video', { hasText: 'Bob' }).waitFor();
  });

  test('receives the chosen layer', async () => {
    await ann.tile('Bob').getByTestId('quality').selectOption({ label: 'Low' });

    await until('a quarter of 640 pixels', async () => {
      return (await ann.stats('Bob'))?.video?.frameWidth === 160;
    });
    await until('the tile says so', async () => {
      const text = await ann.tile('Bob').getByTestId('layers').textContent();
      return text?.includes('S0') === true && text.includes('160×90');
    });
    await ann.receives('Bob');
  });

  test('lets somebody leave and come back', async () => {
    await bob.page.getByTestId('leave').click();
    await ann.tile('Bob').waitFor({ state: 'detached' });
    expect(await peer('Bob')).toBeUndefined();

    await bob.submitJoinForm();
    await everybodyReceives([ann, bob, cleo]);
  });

  if (mode.scattered) {
    /** Real workers that carry something of a page. */
    const workersOf = async ({ mediaPorts }: RoomPage): Promise<number[]> => {
      const pids = await mediaWorkers();
      const ports = await Promise.all(pids.map(udpPortsOf));
      return pids.filter((_, index) => mediaPorts.some((port) => ports[index]!.includes(port)));
    };
    /** A real worker that carries something of one page only, and who that is. */
    const findWorkerOfOne = async () => {
      const pages = [ann, bob, cleo];
      const carriers = await Promise.all(pages.map(workersOf));
      for (const pid of await mediaWorkers()) {
        const lost = pages.filter((_, index) => carriers[index]!.includes(pid));
        const kept = pages.filter((page) => !lost.includes(page));
        if (lost.length === 1) return { pid, lost: lost[0]!, kept };
      }
      return undefined;
    };

    test('brings back those whose real worker died, and disturbs nobody else', async () => {
      let found = await findWorkerOfOne();
      // Each coming back takes the next two of three workers: one of these has to be right.
      for (let moves = 0; !found; moves++) {
        expect(moves).toBeLessThan(3);
        await bob.page.getByTestId('leave').click();
        await bob.submitJoinForm();
        found = await findWorkerOfOne();
      }
      await everybodyReceives([ann, bob, cleo]);

      const { pid, lost, kept } = found;
      const [one, other] = kept as [RoomPage, RoomPage];
      const between = async () =>
        Promise.all([
          ...[one, other].map(async ({ name }) => (await peer(name))?.id),
          consumers(one.name, other.name),
          consumers(other.name, one.name),
        ]);
      const before = { workers: await mediaWorkers(), between: await between() };
      const lostId = (await peer(lost.name))?.id;
      const watches = [
        watch(() => one.framesOf(other.name)),
        watch(() => other.framesOf(one.name)),
      ];

      process.kill(pid, 'SIGKILL');
      await until(`${lost.name} joined again`, async () => {
        const { peers } = await room();
        const back = peers.find(({ displayName }) => displayName === lost.name);
        return peers.length === 3 && back !== undefined && back.id !== lostId;
      });
      await everybodyReceives([ann, bob, cleo]);
      for (const stop of watches) {
        const { wentBack, longestStandstill } = await stop();
        expect(wentBack).toBe(false);
        expect(longestStandstill).toBeLessThan(STANDSTILL_MS);
      }
      expect(await between()).toEqual(before.between);
      await until('there are three workers again', async () => {
        const now = await mediaWorkers();
        const rest = before.workers.filter((each) => each !== pid);
        return now.length === 3 && !now.includes(pid) && rest.every((each) => now.includes(each));
      });
    });
  }

  test('brings everybody back after all media workers died', async () => {
    const before = await mediaWorkers();
    expect(before).toHaveLength(mode.workers);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await until('others have taken the place of what died', async () => {
      const now = await mediaWorkers();
      return now.length === mode.workers && now.every((pid) => !before.includes(pid));
    });

    await until('everybody joined again', async () => (await room()).peers.length === 3);
    await everybodyReceives([ann, bob, cleo]);
  });

  test('brings everybody back after the server was away', async () => {
    const { port } = new URL(app.url);
    expect(await stop(app)).toEqual({ code: 0, signal: null });
    await until('the page says so', async () => {
      return (await ann.page.getByTestId('connection').textContent()) === 'Reconnecting…';
    });

    app = await start(APP, ['--port', port, ...mediaArgs]);
    await until('everybody joined again', async () => (await room()).peers.length === 3);
    await everybodyReceives([ann, bob, cleo]);
  });

  if (mode.daemons) {
    test('brings everybody back after all daemons were killed and started again', async () => {
      const ports = daemons.map(({ url }) => new URL(url).port);
      const workers = await mediaWorkers();
      const peersBefore = (await room()).peers.map(({ id }) => id);
      services = services.filter((service) => !daemons.includes(service));
      await Promise.all(daemons.map((daemon) => daemon.kill()));
      await until('their workers noticed', async () => (await alive(workers)).length === 0);

      daemons = [];
      for (const [index, args] of mode.daemons!.entries()) {
        daemons.push(await startDaemon(args, ports[index]));
      }
      await until('everybody joined again', async () => {
        const { peers } = await room();
        return peers.length === 3 && peers.every(({ id }) => !peersBefore.includes(id));
      });
      await everybodyReceives([ann, bob, cleo]);
      await until('there are as many workers as before', async () => {
        return (await mediaWorkers()).length === mode.workers;
      });
    });
  }

  test('closes what a closed page received and sent', async () => {
    await cleo.page.close();

    // Pages and the room learn of it one after the other, those of another worker a little later.
    for (const page of [ann, bob]) {
      await page.tile('Cleo').waitFor({ state: 'detached' });
      await until('nothing is received any more', async () => !(await page.stats('Cleo')));
    }
    await until('the room has two with two consumers each', async () => {
      const { peers } = await room();
      const names = peers.map(({ displayName }) => displayName).sort();
      return names.join() === 'Ann,Bob' && peers.every((each) => each.consumers.length === 2);
    });
    await everybodyReceives([ann, bob]);
  });

  test('leaves nothing behind', async () => {
    expect(browser.pageErrors).toEqual([]);
    await browser.close();
    await until('the empty room is closed', async () => !(await room()).open);

    const pids = (
      await Promise.all(services.map(async ({ pid }) => [pid, ...(await mediaWorkersOf(pid))]))
    ).flat();
    expect(pids.length).toBe(services.length + mode.workers);
    for (const service of [app, ...(cluster ? [cluster] : []), ...daemons]) {
      expect(await stop(service)).toEqual({ code: 0, signal: null });
    }
    await until('every process is gone', async () => (await alive(pids)).length === 0);
  });
});
