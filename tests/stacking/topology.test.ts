import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerTopology } from '@tureen/remote-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ObservedClient } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { healthOf } from '../security/support/attempts.js';
import { until } from '../support/events.js';
import { openRoom, startAbove, withHealth } from './support/levels.js';

const bin = fileURLToPath(new URL('../../packages/remote-server/dist/bin.js', import.meta.url));

interface Printed {
  code: number;
  stdout: string;
  stderr: string;
}

/** What `tureen-server topology` does. */
function topology(...args: string[]): Promise<Printed> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, 'topology', ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

async function topologyOf(url: string): Promise<ServerTopology> {
  const { stdout, stderr } = await topology(url, '--json');

  expect(stderr).toBe('');

  return JSON.parse(stdout) as ServerTopology;
}

/** All texts and keys anywhere in it. */
function textsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [String(value)];
  }

  return Object.entries(value).flatMap(([key, item]) => [key, ...textsIn(item)]);
}

describe('tureen-server topology', () => {
  test('tells what a daemon serves, in figures', async () => {
    const daemon = await ObservedDaemon.start(['--tag', 'region=eu', '--bandwidth', '1000']);
    const { mediasoup } = await ObservedClient.connect(daemon.url);
    const { worker } = await openRoom(mediasoup);

    await expect(topologyOf(daemon.url)).resolves.toMatchObject({
      serves: 'local',
      vertical: false,
      draining: false,
      mediasoup: '3.27.1',
      host: { tags: { region: 'eu' } },
      load: { cpus: expect.any(Number) as number, capacity: 1e9 },
      sessions: [
        {
          ...{ session: 1, attached: true, workers: 1, routers: 1, transports: 2, pipes: 0 },
          ...{ producers: 1, consumers: 1 },
        },
        { session: 2, attached: true, asking: true, workers: 0 },
      ],
      workers: [
        {
          ...{ session: 1, pid: worker.pid, routers: 1, transports: 2, producers: 1, consumers: 1 },
          ...{ cpu: expect.any(Number) as number, memory: expect.any(Number) as number },
        },
      ],
    });
  });

  test('tells nothing of what is whose, and of no secret', async () => {
    const daemon = await ObservedDaemon.start(['--token-file', fileWith('sesame')]);
    const { mediasoup } = await ObservedClient.connect(daemon.url, { token: 'sesame' });
    const worker = await mediasoup.createWorker({ appData: { name: 'secret worker' } });
    const router = await worker.createRouter({ appData: { name: 'secret room' } });
    const transport = await router.createDirectTransport({ appData: { name: 'secret person' } });
    const other = await ObservedClient.connect(daemon.url, { token: 'sesame' });
    const texts = textsIn(await other.client.getTopology()).join('\n');

    for (const secret of ['secret', 'sesame', router.id, transport.id]) {
      expect(texts).not.toContain(secret);
    }
    expect(texts).toContain(String(worker.pid));
  });

  test('goes through all levels, and goes on without those that do not answer', async () => {
    const hosts = [
      await ObservedDaemon.start(['--host-id', 'host-0']),
      await ObservedDaemon.start(['--host-id', 'host-1']),
    ];
    const cluster = await startAbove(
      hosts.map(({ url }) => url),
      ['--vertical', '--vertical-workers', '2'],
    );
    const top = await startAbove([cluster.url]);
    const app = await ObservedClient.connect(top.url);
    const { worker } = await openRoom(app.mediasoup);
    const found = await topologyOf(top.url);

    expect(found).toMatchObject({
      serves: 'proxy',
      sessions: [{ session: 1, workers: 1, transports: 2 }, { asking: true }],
      workers: [{ pid: worker.pid, transports: 2 }],
      upstreams: [
        {
          url: cluster.url,
          usable: true,
          topology: {
            serves: 'cluster',
            vertical: true,
            sessions: [{ workers: 1, transports: 2, asking: true }],
            behind: [{ pid: worker.pid, routers: 1 }],
            upstreams: [
              { topology: { serves: 'local', host: { id: 'host-0' } } },
              { topology: { serves: 'local', host: { id: 'host-1' } } },
            ],
          },
        },
      ],
    });

    // In words, for people with a window of 100 columns.
    const { stdout, code } = await topology(top.url);

    expect(code).toBe(0);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(stdout).toMatch(new RegExp(`^${top.url}  proxy, up`));
    expect(stdout).toContain(`\n  ${cluster.url}  cluster as one, up`);
    expect(stdout).toContain(`\n    ${hosts[0]!.url}  local workers, up`);
    expect(stdout).toContain('\n      host host-0');
    expect(stdout).toContain(`behind worker ${worker.pid}: 1 router as 1 real one\n`);

    hosts[1]!.signal('SIGSTOP');
    onTestFinished(() => hosts[1]!.signal('SIGCONT'));
    await until(
      'it to be missed',
      async () => {
        const { upstreams } = await topologyOf(top.url);
        // Who is asked for a host that hangs may be late himself.
        const [one, two] = upstreams![0]!.topology?.upstreams ?? [];

        return one?.usable && two?.error;
      },
      40_000,
    );
    hosts[1]!.signal('SIGCONT');
  }, 90_000);

  test('follows with --watch, over a restart of the daemon', async () => {
    const daemon = await ObservedDaemon.start();
    const child = execFile(process.execPath, [
      ...[bin, 'topology', daemon.url, '--json', '--watch', '0.5'],
    ]);
    const output = { stdout: '', stderr: '' };
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const last = (): ServerTopology =>
      JSON.parse(output.stdout.split('\n').at(-2)!) as ServerTopology;

    onTestFinished(async () => {
      child.kill();
      await ended;
    });
    child.stdout!.on('data', (text: string) => (output.stdout += text));
    child.stderr!.on('data', (text: string) => (output.stderr += text));
    await until('a first line', () => output.stdout.endsWith('\n'));
    expect(last()).toMatchObject({ sessions: [{ session: 1, asking: true }] });
    await ObservedClient.connect(daemon.url);
    await until('the other to be seen', () => last().sessions.length === 2);

    const { port } = daemon;

    await daemon.kill();

    const next = await ObservedDaemon.start(['--host-id', 'next'], {
      TUREEN_PORT: String(port),
    });

    await until('the new daemon', () => last().host?.id === 'next');
    child.kill('SIGINT');
    await ended;
    expect(next.hasEnded).toBe(false);
  });

  test('is on the health port, too', async () => {
    const daemon = await ObservedDaemon.start(withHealth);
    const { mediasoup } = await ObservedClient.connect(daemon.url);

    await mediasoup.createWorker();

    const response = await fetch(`${healthOf(daemon)}/topology`);

    expect(response.headers.get('content-type')).toBe('application/json');
    await expect(response.json()).resolves.toMatchObject({
      serves: 'local',
      sessions: [{ session: 1, workers: 1 }],
    });
  });

  test.each<[string, (url: string) => string[], RegExp]>([
    ['nobody listens', () => ['ws://127.0.0.1:1'], /^tureen-server: cannot connect to .*\n$/],
    ['no token', (url) => [url], /^tureen-server: .* refused the token \(401\).*\n$/],
    ['no URL', () => ['media'], /^tureen-server: not a URL: "media"; .*\n$/],
    [
      'no file',
      (url) => [url, '--token-file', '/nonexistent'],
      /^tureen-server: cannot read token file \/nonexistent.*\n$/,
    ],
  ])('tells in one line what is wrong: %s', async (_what, args, message) => {
    const daemon = await ObservedDaemon.start(['--token-file', fileWith('sesame')]);
    const { code, stdout, stderr } = await topology(...args(daemon.url));

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect((await topology(daemon.url, '--token-file', fileWith('sesame'))).code).toBe(0);
  });
});

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tureen-topology-'));
  const file = join(folder, 'content');

  writeFileSync(file, `${content}\n`);
  onTestFinished(() => rmSync(folder, { recursive: true }));

  return file;
}
