import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const script = fileURLToPath(new URL('soak.mjs', import.meta.url));
const MiB = 1024 * 1024;

interface Run {
  code: number | null;
  /** All that it said. */
  text: string;
  /** What is wrong, in its own words. */
  complaints: string[];
}

async function soak(...args: string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'tureen-soak-'));
  const child = spawn(process.execPath, [script, '--no-setup', '--output', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';

  onTestFinished(() => {
    child.kill();
    rmSync(folder, { recursive: true });
  });
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));

  const [code] = (await once(child, 'close')) as [number | null];
  const { complaints } = JSON.parse(readFileSync(join(folder, 'soak.json'), 'utf8')) as Run;

  expect(readFileSync(join(folder, 'soak.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);

  return { code, text, complaints };
}

/** What an earlier run found, judged. */
function judgeFigures(figures: object): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'tureen-soak-'));
  const file = join(folder, 'figures.json');

  writeFileSync(file, JSON.stringify(figures));
  onTestFinished(() => rmSync(folder, { recursive: true }));

  return soak('--judge', file);
}

interface Side {
  rss: number;
  young: number;
  handles: number;
  fds: number;
  kept?: number;
}

/** Figures of 20 minutes, the application's as given, the daemon's without any change. */
function judgeOf(app: (seconds: number, index: number) => Side): Promise<Run> {
  return judgeFigures({ samples: samplesOf(app) });
}

function samplesOf(app: (seconds: number, index: number) => Side) {
  return Array.from({ length: 240 }, (_, index) => {
    const seconds = 5 * (index + 1);
    // Garbage is collected once a minute.
    const { kept, ...rest } = app(seconds, index);

    return {
      seconds,
      daemon: { ...steady, ...(index % 12 === 11 && { kept: 20 * MiB, compiled: 5 * MiB }) },
      app: { ...rest, ...(index % 12 === 11 && { kept: kept ?? 10 * MiB, compiled: 4 * MiB }) },
      received: 100 * (index + 1),
      roomsOpened: index,
      events: [],
    };
  });
}

const steady: Side = { rss: 100 * MiB, young: 30 * MiB, handles: 10, fds: 20 };

describe('flat is', () => {
  test('what stays as it is, apart from spikes', async () => {
    const { code, complaints } = await judgeOf((_seconds, index) => ({
      rss: steady.rss + (index % 50 === 0 ? 40 * MiB : (index % 7) * MiB),
      young: steady.young,
      handles: steady.handles + (index % 5) + (index % 60 === 0 ? 40 : 0),
      fds: steady.fds,
    }));

    expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
  });

  test('what only warms up', async () => {
    const { code } = await judgeOf((seconds) => {
      const warmth = Math.min(seconds, 300) / 300;

      return {
        ...steady,
        rss: (70 + 30 * warmth) * MiB,
        kept: (8 + 4 * warmth) * MiB,
        handles: 10 + 20 * warmth,
      };
    });

    expect(code).toBe(0);
  });

  test('what rises by the steps of the young heap', async () => {
    const { code } = await judgeOf((seconds) => {
      const young = (seconds > 900 ? 32 : seconds > 600 ? 16 : 8) * MiB;

      return { ...steady, rss: 70 * MiB + young, young };
    });

    expect(code).toBe(0);
  });
});

describe('not flat is', () => {
  test.each<[string, (seconds: number) => Side]>([
    ['kept', (seconds) => ({ ...steady, kept: (10 + seconds / 1200) * MiB })],
    ['resident', (seconds) => ({ ...steady, rss: (100 + seconds / 150) * MiB })],
    // It gives back a little, and takes more.
    [
      'resident',
      (seconds) => ({ ...steady, rss: (100 + seconds / 150 + 5 * Math.sin(seconds / 40)) * MiB }),
    ],
    ['handles', (seconds) => ({ ...steady, handles: 10 + Math.floor(seconds / 240) })],
    ['fds', (seconds) => ({ ...steady, fds: 20 + Math.floor(seconds / 400) })],
  ])('%s that grows slowly and does not end', async (figure, grows) => {
    const { code, complaints } = await judgeOf(grows);

    expect(code).toBe(1);
    expect(complaints).toEqual([expect.stringMatching(new RegExp(`^${figure} of the app grew`))]);
  });

  test('what is left in the end', async () => {
    const left = ['upstream 1: 2 consumers'];
    const { code, complaints } = await judgeFigures({ left, samples: samplesOf(() => steady) });

    expect({ code, complaints }).toEqual({
      ...{ code: 1, complaints: ['left in the upstream 1: 2 consumers'] },
    });
  });

  test('a cluster of which one daemon is not', async () => {
    const samples = samplesOf((seconds) => ({ ...steady, handles: 10 + seconds / 200 })).map(
      ({ daemon, app, ...rest }) => ({
        ...rest,
        ...{ app: daemon, cluster: daemon, 'upstream 1': daemon, 'upstream 2': app },
      }),
    );
    const { code, complaints } = await judgeFigures({ left: [], samples });

    expect(code).toBe(1);
    expect(complaints).toEqual([expect.stringMatching(/^handles of the upstream 2 grew/)]);
  });

  test('an application that closes all but a little of each room', async () => {
    const run = await soak(...['--minutes', '0.6', '--life', '1', '--leak', '60']);

    expect(run.code, run.text).toBe(1);
    expect(run.complaints).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^kept of the daemon grew/),
        expect.stringMatching(/^kept of the app grew/),
        expect.stringMatching(/^left in the daemon: \d+ producers$/),
        expect.stringMatching(/^left in the app: \d+ producers$/),
      ]),
    );
  }, 240_000);
});

test.each([
  ['soak.json', 20],
  ['cluster.json', 15],
])('the recorded figures %s are of %i minutes or more, and flat', async (name, minutes) => {
  const recorded = fileURLToPath(new URL(`figures/${name}`, import.meta.url));
  const { samples } = JSON.parse(readFileSync(recorded, 'utf8')) as {
    samples: { seconds: number }[];
  };

  expect(samples.at(-1)?.seconds).toBeGreaterThanOrEqual(minutes * 60 - 5);
  await expect(soak('--judge', recorded)).resolves.toMatchObject({ code: 0, complaints: [] });
});
