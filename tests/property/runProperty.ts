import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as mediasoupItself from 'mediasoup';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StartedTarget, Target } from '../support/targets.js';
import { Duel, type Difference } from './Duel.js';
import { generate } from './generate.js';
import { showSequence, type Sequence } from './sequence.js';
import { shrink } from './shrink.js';

export interface PropertyOptions {
  /** Default: the environment variable TUREEN_SEQUENCES, or 200. */
  sequences?: number;
}

/**
 * Declares the test that a target does what mediasoup itself does, for random sequences of calls.
 * The environment variable TUREEN_SEED gives the seed of the first sequence (default: 1),
 * each other has the next one; so a failure of seed N is repeated by
 * `TUREEN_SEED=N TUREEN_SEQUENCES=1`.
 */
export function runProperty(target: Target, options: PropertyOptions = {}): void {
  const firstSeed = Number(process.env['TUREEN_SEED'] ?? 1);
  const count = Number(process.env['TUREEN_SEQUENCES'] ?? options.sequences ?? 200);
  const enough = Number(process.env['TUREEN_DIFFERENCES'] ?? 1);
  const sink = createSocket('udp4');
  let started: StartedTarget;
  let duel: Duel;
  let mirrorMatch: Duel;

  beforeAll(async () => {
    sink.bind(0, '127.0.0.1');
    await once(sink, 'listening');

    const { port } = sink.address();

    started = await target.start();
    duel = new Duel({ oracle: mediasoupItself, subject: started.mediasoup, port });
    mirrorMatch = new Duel({ oracle: mediasoupItself, subject: mediasoupItself, port });
  });

  afterAll(async () => {
    await duel.close();
    await mirrorMatch.close();
    await started.stop();
    sink.close();
    await once(sink, 'close');
  });

  test(
    `${count} sequences from seed ${firstSeed}`,
    async () => {
      console.log(`${target.name}: ${count} sequences from seed ${firstSeed}`);
      const failures: string[] = [];

      for (let seed = firstSeed; seed < firstSeed + count && failures.length < enough; seed += 1) {
        const sequence = generate(seed);
        const difference = await duel.run(sequence);

        if (difference && (await isChance(sequence, difference, mirrorMatch))) {
          console.log(`seed ${seed}: mediasoup itself does not always do the same`);
        } else if (difference) {
          const smaller = await shrink(sequence, difference, duel);

          failures.push(explain(seed, smaller.difference, showSequence(smaller.sequence)));
        }
      }
      if (failures.length > 0) {
        expect.fail(failures.join('\n\n'));
      }
    },
    // Never a measure of speed.
    60_000 + count * 2000,
  );
}

/** Runs of mediasoup against itself that decide whether it always does the same. */
const samples = 30;

/**
 * Whether mediasoup differs from itself in the same place: what two messages on their way to each
 * other do is decided by chance. A difference that mediasoup never shows is a fault.
 */
async function isChance(
  sequence: Sequence,
  difference: Difference,
  mirrorMatch: Duel,
): Promise<boolean> {
  const steps = sequence.steps.slice(0, difference.step + 1);

  for (let sample = 0; sample < samples; sample += 1) {
    const own = await mirrorMatch.run({ ...sequence, steps }, 200);

    if (own && own.step === difference.step && own.where === difference.where) {
      return true;
    }
  }

  return false;
}

function explain(seed: number, { step, text }: Difference, sequence: string): string {
  return [
    `differs from mediasoup; repeat with TUREEN_SEED=${seed} TUREEN_SEQUENCES=1`,
    `step ${step}: ${text}`,
    'the smallest sequence found that shows it:',
    sequence,
  ].join('\n');
}
