import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Guest } from './Guest.js';
import { alive, mediaWorkersOf, startService, udpPortsOf, type Service } from './processes.js';
import { until } from './waiting.js';

const ROOT = join(import.meta.dirname, '..', '..');
const APP = join(ROOT, 'examples/edumeet-port/dist/server/main.js');
const DAEMON = join(ROOT, 'packages/remote-server/dist/bin.js');
const TIMEOUT_MS = 60_000;

const SCATTERED = [
  ...['--media', 'vertical'],
  ...['--vertical-workers', '2'],
  ...['--placement', 'scatter'],
  ...['--watermark-node', '100'],
];

describe('people who lose their media', () => {
  const services: Service[] = [];
  const guests: Guest[] = [];

  afterEach(async () => {
    for (const guest of guests.splice(0)) guest.leave();
    for (const service of services.splice(0).reverse()) await service.stop();
  }, TIMEOUT_MS);

  const test = (name: string, run: () => Promise<void>) => it(name, run, TIMEOUT_MS);

  const start = async (script: string, args: string[]): Promise<Service> => {
    const service = await startService(script, ['--port', '0', ...args]);
    services.push(service);
    return service;
  };
  const startApp = (args: string[]) => start(APP, args);
  const visit = (app: Service): Guest => {
    const guest = new Guest(app.url);
    guests.push(guest);
    return guest;
  };

  test('with the only worker: everybody is told once, and all can join again', async () => {
    const app = await startApp(['--media', 'local']);
    const both = [visit(app), visit(app)];
    for (const guest of both) await guest.join();
    const [pid] = await mediaWorkersOf(app.pid);

    process.kill(pid!, 'SIGKILL');
    await until('both are told', async () => both.every(({ removals }) => removals.length > 0));
    await until('there is another worker', async () => (await mediaWorkersOf(app.pid)).length > 0);
    await until('there is media', async () => {
      const response = await fetch(`${app.url}/api/health`);
      return ((await response.json()) as { media: string }).media === 'ready';
    });

    for (const guest of both) await guest.join();
    expect(both.map(({ removals }) => removals)).toEqual([
      [{ reason: 'media-lost' }],
      [{ reason: 'media-lost' }],
    ]);
  });

  /** One of two has a transport on the worker that dies. The workers are below `host`. */
  const loseOneOfTwo = async (app: Service, host: Service) => {
    const [ann, bob] = [visit(app), visit(app)] as const;
    const port = await ann.join();
    await bob.join();
    const pids = await mediaWorkersOf(host.pid);
    expect(pids).toHaveLength(2);
    const ports = await Promise.all(pids.map(udpPortsOf));
    const pid = pids.find((_, index) => ports[index]!.includes(port));

    process.kill(pid!, 'SIGKILL');
    await until('one is told', async () => ann.removals.length > 0);
    await ann.join();
    await until('there are two workers again', async () => {
      const now = await mediaWorkersOf(host.pid);
      return now.length === 2 && !now.includes(pid!);
    });
    expect(ann.removals).toEqual([{ reason: 'media-lost' }]);
    // What was told before is there before the answer.
    await bob.ask('createTransport', { direction: 'receive' });
    expect(bob.removals).toEqual([]);

    const living = await mediaWorkersOf(host.pid);
    expect(await app.stop()).toEqual({ code: 0, signal: null });
    await until('the workers are gone', async () => (await alive(living)).length === 0);
    await until('both are told that the app ended', async () =>
      isDeepStrictEqual(
        [ann, bob].map(({ removals }) => removals.at(-1)),
        [{ reason: 'shutdown' }, { reason: 'shutdown' }],
      ),
    );
  };

  test('with one of the real workers: they alone are told', async () => {
    const app = await startApp(SCATTERED);
    await loseOneOfTwo(app, app);
  });

  test('with one of the real workers in a daemon: they alone are told', async () => {
    const daemon = await start(DAEMON, []);
    const app = await startApp([...SCATTERED, '--tureen-url', daemon.url]);
    await loseOneOfTwo(app, daemon);
    expect(await alive([daemon.pid])).toEqual([daemon.pid]);
  });
});
