import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../support/events.js';

const script = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));

/** Each arm of the harness starts processes of its own, and a busy machine starts them slowly. */
const TIMEOUT = 600_000;

interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Processes that say that they belong to the run. */
  processes(): string[];
}

async function bench(...args: string[]): Promise<Run> {
  const mark = `TUREEN_BENCH_RUN=${process.pid}-${performance.now()}`;
  const [name, value] = mark.split('=') as [string, string];
  const child = spawn(process.execPath, [script, '--no-setup', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [name]: value },
  });
  const output = { stdout: '', stderr: '' };

  onTestFinished(() => void child.kill());
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));

  const [code] = (await once(child, 'close')) as [number | null];

  return { code, ...output, processes: () => processesWith(mark) };
}

function processesWith(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark);
    } catch {
      return false;
    }
  });
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tureen-bench-'));

  onTestFinished(() => rmSync(folder, { recursive: true }));

  return folder;
}

const measured = ['local', 'echo', 'bare', 'remote'];

interface Results {
  goals: { goal: string; verdict: string; reached?: number }[];
  results: {
    calls: {
      operations: {
        name: string;
        arms: Record<string, { p50: { median: number }; perSecond: { median: number } }>;
        comparisons: Record<string, { latency: { median: number } }>;
      }[];
    };
    wire: { rows: { name: string; up: number; framesUp: number; down: number }[] };
    roundTrips: { unit: number; counts: { rtt: number }; rows: { least: number }[] };
    memory: { held: Record<string, { heap: number }> };
    resume: {
      price: { arms: { name: string; each: { median: number } }[] };
      media: { sent: number; lost: number };
      killed: { median: number };
      stopped: { median: number };
    };
    pipes: {
      rows: {
        peers: number;
        workers: number;
        everywhere: number;
        rooms: Record<string, { pipeConsumers: number; least: number; left: number }>;
      }[];
    };
    vertical: {
      concentrated: { arms: { name: string; workers: number; pipes: number }[] };
      beyond: { arms: { name: string; each: { median: number } }[] };
      hopCpu: { streams: number; arms: { pipes: number; left: number }[] };
      hopDelay: { arms: { delivered: number }[] };
      unwatched: { pipesBefore: number; arms: { name: string; pipes: number }[] };
    };
    hosts: {
      crossings: { unit: number; rows: { name: string; least: number }[] };
      hop: { streams: number; arms: { name: string; pipes: number; left: number }[] };
    };
    direct: {
      received: { remote: { delivered: number } }[];
      sent: { remote: { delivered: number } }[];
    };
  };
}

test(
  'every section measures, and every goal gets a verdict',
  async () => {
    const folder = temporaryFolder();
    const run = await bench('--size', 'smallest', '--output', folder);

    expect(run.code, run.stderr).toBe(0);

    const { goals, results } = JSON.parse(
      readFileSync(join(folder, 'results.json'), 'utf8'),
    ) as Results;
    const text = readFileSync(join(folder, 'results.txt'), 'utf8');
    const { calls, wire, roundTrips, memory, direct, resume, pipes, vertical, hosts } = results;

    expect(run.stdout).toContain(text);
    expect(new Set(goals.map(({ goal }) => goal.split(' ')[0]))).toEqual(
      new Set(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', 'resume', 'recovery']),
    );

    expect(calls.operations).toHaveLength(9);
    for (const { arms, comparisons } of calls.operations) {
      // The last one needs openssl.
      expect(Object.keys(arms).filter((arm) => arm !== 'wss')).toEqual(measured);
      for (const { p50, perSecond } of Object.values(arms)) {
        expect(p50.median).toBeGreaterThan(0);
        expect(perSecond.median).toBeGreaterThan(0);
      }
      expect(comparisons.remote?.latency.median).toBeGreaterThan(0);
    }

    // Counted, not timed: the same on any machine.
    const pause = wire.rows.find(({ name }) => name === 'consumer.pause/resume, first');
    const idle = wire.rows.find(({ name }) => name.startsWith('idle'));

    expect(pause).toSatisfy((row?: { framesUp: number }) => (row?.framesUp ?? 0) >= 1);
    expect(pause?.up).toBeLessThan(40);
    expect(pause?.down).toBeGreaterThan(0);
    expect(idle).toBeDefined();

    // A proxy that did not delay would give less than the round trip that it should add.
    expect(roundTrips.unit).toBeGreaterThanOrEqual(roundTrips.counts.rtt);
    expect(roundTrips.rows.length).toBeGreaterThan(15);
    expect(Object.keys(memory.held)).toContain('clientAfterRead');
    for (const { remote } of [...direct.received, ...direct.sent]) {
      expect(remote.delivered).toBeGreaterThan(0);
    }

    expect(resume.price.arms).toHaveLength(3);
    for (const { each } of resume.price.arms) expect(each.median).toBeGreaterThan(0);
    expect(resume.media.sent).toBeGreaterThan(0);
    expect(resume.killed.median).toBeGreaterThan(0);
    expect(resume.stopped.median).toBeGreaterThan(0);

    // Counted, too.
    expect(pipes.rows.length).toBeGreaterThan(1);
    for (const { peers, workers, everywhere, rooms } of pipes.rows) {
      expect(everywhere).toBe(peers * 2 * (workers - 1));
      for (const { pipeConsumers, least, left } of Object.values(rooms)) {
        expect(pipeConsumers).toBe(least);
        expect(pipeConsumers).toBeLessThanOrEqual(everywhere);
        expect(left).toBe(0);
      }
      expect(rooms.scatter?.least).toBeGreaterThan(0);
    }

    const { concentrated, beyond, hopCpu, hopDelay, unwatched } = vertical;

    for (const { workers, pipes } of concentrated.arms) {
      expect({ workers, pipes }).toEqual({ workers: 1, pipes: 0 });
    }
    expect(beyond.arms.map(({ name }) => name)).toEqual(['plain', 'vertical']);
    for (const { each } of beyond.arms) expect(each.median).toBeGreaterThan(0);
    for (const { pipes, left } of hopCpu.arms) {
      expect({ pipes, left }).toEqual({ pipes: hopCpu.streams, left: 0 });
    }
    for (const { delivered } of hopDelay.arms) expect(delivered).toBeGreaterThan(0);
    expect(unwatched.pipesBefore).toBeGreaterThan(0);
    expect(unwatched.arms.find(({ name }) => name === 'vertical')?.pipes).toBe(0);
    expect(unwatched.arms.find(({ name }) => name === 'everywhere')?.pipes).toBeGreaterThan(0);

    expect(hosts.crossings.unit).toBeGreaterThanOrEqual(roundTrips.counts.rtt);
    expect(hosts.crossings.rows).toHaveLength(5);
    expect(hosts.hop.arms.map(({ name }) => name)).toEqual(['byHand', 'horizontal', 'stacked']);
    for (const { pipes, left } of hosts.hop.arms) {
      expect({ pipes, left }).toEqual({ pipes: hosts.hop.streams, left: 0 });
    }

    await until('no process is left', () => run.processes().length === 0);
  },
  TIMEOUT,
);

test('--only runs what it names, --help explains, and a wrong name is told', async () => {
  const help = await bench('--help');
  const wrong = await bench('--only', 'nonsense');

  expect(help.code).toBe(0);
  expect(help.stdout).toContain('--quick');
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain('no section "nonsense"');
});
