import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../support/browser.js';
import { alive, mediaWorkersOf, startService, type Service } from './processes.js';
import { everybodyReceives, RoomPage } from './RoomPage.js';
import { grows, stops, until } from './waiting.js';

const ROOT = join(import.meta.dirname, '..', '..');
const APP = join(ROOT, 'examples/edumeet-port/dist/server/main.js');
const DAEMON = join(ROOT, 'packages/remote-server/dist/bin.js');
const ROOM = 'browser-test';
const TIMEOUT_MS = 90_000;

interface Room {
  open: boolean;
  peers: {
    displayName: string;
    id: string;
    transports: number;
    producers: { source: string; paused: boolean }[];
    consumers: { peerId: string; source: string; paused: boolean; producerPaused: boolean }[];
  }[];
}

describe.each(['local', 'remote'] as const)('conference with %s media', (media) => {
  let daemon: Service | undefined;
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
  const mediaHost = () => daemon ?? app;
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
    if (media === 'remote') daemon = await start(DAEMON, ['--port', '0']);
    mediaArgs = daemon ? ['--tureen-url', daemon.url] : ['--media', 'local'];
    app = await start(APP, ['--port', '0', ...mediaArgs]);
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
    const ofApp = await mediaWorkersOf(app.pid);
    const ofDaemon = daemon ? await mediaWorkersOf(daemon.pid) : [];

    expect({ app: ofApp.length, daemon: ofDaemon.length }).toEqual(
      media === 'local' ? { app: 1, daemon: 0 } : { app: 0, daemon: 1 },
    );
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
    const speakers = ann.page.locator('.tile.active-speaker');
    await until('somebody is marked', async () => (await speakers.count()) === 1);
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

  test('brings everybody back after the media worker died', async () => {
    const before = await mediaWorkersOf(mediaHost().pid);
    process.kill(before[0]!, 'SIGKILL');
    await until('there is another worker', async () => {
      const now = await mediaWorkersOf(mediaHost().pid);
      return now.length === 1 && now[0] !== before[0];
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

  if (media === 'remote') {
    test('brings everybody back after the daemon was killed and started again', async () => {
      const { port } = new URL(daemon!.url);
      const workers = await mediaWorkersOf(daemon!.pid);
      const peersBefore = (await room()).peers.map(({ id }) => id);
      services = services.filter((service) => service !== daemon);
      await daemon!.kill();
      await until('its worker noticed', async () => (await alive(workers)).length === 0);

      daemon = await start(DAEMON, ['--port', port]);
      await until('everybody joined again', async () => {
        const { peers } = await room();
        return peers.length === 3 && peers.every(({ id }) => !peersBefore.includes(id));
      });
      await everybodyReceives([ann, bob, cleo]);
      expect(await mediaWorkersOf(daemon.pid)).toHaveLength(1);
    });
  }

  test('closes what a closed page received and sent', async () => {
    await cleo.page.close();

    for (const page of [ann, bob]) {
      await page.tile('Cleo').waitFor({ state: 'detached' });
      expect(await page.stats('Cleo')).toBeUndefined();
    }
    const now = await room();
    expect(now.peers.map(({ displayName }) => displayName).sort()).toEqual(['Ann', 'Bob']);
    expect(now.peers.map((each) => each.consumers.length)).toEqual([2, 2]);
    await everybodyReceives([ann, bob]);
  });

  test('leaves nothing behind', async () => {
    expect(browser.pageErrors).toEqual([]);
    await browser.close();
    await until('the empty room is closed', async () => !(await room()).open);

    const pids = (
      await Promise.all(services.map(async ({ pid }) => [pid, ...(await mediaWorkersOf(pid))]))
    ).flat();
    expect(pids.length).toBe(media === 'local' ? 2 : 3);
    for (const service of [app, daemon].filter((each) => each !== undefined)) {
      expect(await stop(service)).toEqual({ code: 0, signal: null });
    }
    await until('every process is gone', async () => (await alive(pids)).length === 0);
  });
});
