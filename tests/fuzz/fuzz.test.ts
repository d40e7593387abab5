import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { seed } from '../protocol/random.js';
import { until } from '../support/events.js';
import { Campaign } from './campaign.js';

/*
 * Mutated frames against a real daemon. `npm run fuzz` sends a million of them, `npm test` a share;
 * the seed is printed, and FUZZ_SEED brings the same ones again, up to their timing.
 */

const frames = Number(process.env['FUZZ_FRAMES'] ?? 5000);
const minutes = Number(process.env['FUZZ_MINUTES'] ?? 1);
const token = 'fuzz-token';

/** MiB that the daemon never exceeds, of which node itself takes some 100. */
const memoryBound = 1024;

/** What a daemon serves. */
const served = {
  'mediasoup as it is': [],
  'two workers as one': [
    ...['--vertical', '--vertical-workers', '2'],
    ...['--placement', 'scatter', '--watermark-node', '100'],
  ],
};

test.each(Object.entries(served))(
  `${frames} hostile frames (FUZZ_SEED=${seed}) harm nobody: %s`,
  async (_name, flags) => {
    const folder = await mkdtemp(join(tmpdir(), 'tureen-fuzz-'));
    const tokenFile = join(folder, 'token');

    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(tokenFile, token);

    const daemon = await ObservedDaemon.start([
      ...['--token-file', tokenFile, '--log-level', 'error'],
      ...['--max-workers', '3', '--resume-window', '1'],
      ...flags,
    ]);
    const outcome = await new Campaign({
      ...{ daemon, token, frames, seed },
      time: minutes * 60_000,
    }).run();

    console.log(`FUZZ_SEED=${seed}`, outcome);
    expect(daemon.hasEnded, daemon.stderr).toBe(false);
    expect(outcome.memory).toBeLessThan(memoryBound);
    expect(outcome.heartbeats).toBeGreaterThan(0);
    expect(daemon.stdout + daemon.stderr).not.toContain(token);
    // What was hostile has left nothing.
    await until('all workers to go', () => daemon.workers.length === 0);
  },
  minutes * 60_000 + 60_000,
);
