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
      const began = performance.now();
      let chances = 0;
      let done = 0;

      for (; done < count && failures.length < enough; done += 1) {
        const seed = firstSeed + done;
        const sequence = generate(seed);
        const difference = await duel.run(sequence);

        if (difference) {
          const sample = await sampleThatShows(difference, sequence, mirrorMatch);

          if (sample !== undefined) {
            chances += 1;
            console.log(
              `seed ${seed}: mediasoup itself does so too (${sample})\n${difference.text}`,
            );
          } else {
            const smaller = await shrink(sequence, difference, duel);

            failures.push(explain(seed, smaller.difference, showSequence(smaller.sequence)));
            // A campaign may be interrupted before its end.
            console.error(failures.at(-1));
          }
        }
        if (done % reportEvery === reportEvery - 1) {
          console.log(`${target.name}: ${done + 1} sequences`);
        }
      }
      console.log(
        `${target.name}: ${done} sequences from seed ${firstSeed} in ${Math.round((performance.now() - began) / 1000)} s, ` +
          `${failures.length} with a difference, ${chances} in which mediasoup is not always the same`,
      );
      if (failures.length > 0) {
        expect.fail(failures.join('\n\n'));
      }
    },
    // Never a measure of speed.
    60_000 + count * 2000,
  );
}

const reportEvery = 250;

/** Runs of mediasoup beside itself that may show that it does the same now and then. */
const samples = 100;

/**
 * What two messages on their way to each other do is decided by chance. A difference is no fault if
 * mediasoup itself, given the same sequence, shows in the same place exactly what the subject
 * showed; that it differs from itself there in any other way does not count.
 *
 * @returns The number of the run that did, or undefined.
 */
async function sampleThatShows(
  { step, got, outcomeOf }: Difference,
  sequence: Sequence,
  mirrorMatch: Duel,
): Promise<number | undefined> {
  for (let sample = 1; sample <= samples; sample += 1) {
    const observations = await mirrorMatch.observe(sequence, step, 200);

    if (observations.some((observation) => outcomeOf(observation) === got)) {
      return sample;
    }
  }

  return undefined;
}

function explain(seed: number, { step, text }: Difference, sequence: string): string {
  return [
    `differs from mediasoup; repeat with TUREEN_SEED=${seed} TUREEN_SEQUENCES=1`,
    `step ${step}: ${text}`,
    'the smallest sequence found that shows it:',
    sequence,
  ].join('\n');
}
