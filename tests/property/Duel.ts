import type { types } from 'mediasoup';
import type { Mediasoup } from '../support/targets.js';
import { differenceOf, mapsDiffer, type Contrast } from './compare.js';
import { showOperation, type Operation, type Sequence, type Step } from './sequence.js';
import { Side } from './Side.js';

const pollInterval = 5;

export interface Difference extends Contrast {
  /** Index of the step after which it was seen. */
  step: number;
}

export interface DuelOptions {
  oracle: Mediasoup;
  subject: Mediasoup;
  /** Port of a socket that swallows everything. */
  port: number;
  /** Sequences that share workers, if these survive. Default 50. */
  sequencesPerWorkers?: number;
  /** How long the two may take to become equal, in milliseconds. Default 5000. */
  patience?: number;
}

type Workers = readonly [types.Worker, types.Worker];

/** Executes sequences on mediasoup itself and on another target, side by side. */
export class Duel {
  readonly #options: Required<DuelOptions>;
  #workers: { oracle: Workers; subject: Workers } | undefined;
  #uses = 0;

  constructor(options: DuelOptions) {
    this.#options = { sequencesPerWorkers: 50, patience: 5000, ...options };
  }

  /** Gives the first difference, or undefined. */
  async run(
    { listening, steps }: Sequence,
    patience = this.#options.patience,
  ): Promise<Difference | undefined> {
    const { oracle, subject, port } = this.#options;
    const workers = await this.#takeWorkers();
    const expected = new Side({ mediasoup: oracle, workers: workers.oracle, listening, port });
    const actual = new Side({ mediasoup: subject, workers: workers.subject, listening, port });
    let difference: Difference | undefined;

    try {
      difference = await new Course(expected, actual, patience).run(steps);
    } finally {
      expected.end();
      actual.end();
    }
    // Whatever went wrong must not become the next sequence's fault.
    if (difference || !expected.workersOpen || !actual.workersOpen) {
      await this.close();
    }

    return difference;
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    const workers = this.#workers;

    this.#workers = undefined;
    if (workers) {
      await Promise.all([...workers.oracle, ...workers.subject].map(closed));
    }
  }

  async #takeWorkers(): Promise<{ oracle: Workers; subject: Workers }> {
    const { oracle, subject, sequencesPerWorkers } = this.#options;

    if (this.#uses >= sequencesPerWorkers) {
      await this.close();
    }
    if (!this.#workers) {
      this.#uses = 0;
      this.#workers = { oracle: await startWorkers(oracle), subject: await startWorkers(subject) };
    }
    this.#uses += 1;

    return this.#workers;
  }
}

/** One sequence on its way. */
class Course {
  readonly #expected: Side;
  readonly #actual: Side;
  readonly #patience: number;

  constructor(expected: Side, actual: Side, patience: number) {
    this.#expected = expected;
    this.#actual = actual;
    this.#patience = patience;
  }

  async run(steps: readonly Step[]): Promise<Difference | undefined> {
    for (const [index, step] of steps.entries()) {
      const contrast = await this.#step(step, index === steps.length - 1);

      if (contrast) {
        return { ...contrast, step: index };
      }
    }

    const ending: Operation[] = this.#expected
      .openRoots()
      .map((on) => ({ id: `end of ${on}`, on, call: 'close', args: [] }));
    const contrast = (await this.#step(ending, true)) ?? (await this.#leftovers());

    return contrast && { ...contrast, step: steps.length };
  }

  async #step(step: Step, everything: boolean): Promise<Contrast | undefined> {
    const sides = [this.#expected, this.#actual];

    await Promise.all(sides.map((side) => side.run(step)));

    const giveUp = Date.now() + this.#patience;

    for (;;) {
      const contrast =
        differenceOf(this.#expected.entries, this.#actual.entries, step) ??
        mapsDiffer(this.#expected.snapshot(everything), this.#actual.snapshot(everything));

      if (!contrast) {
        sides.forEach((side) => side.forget());

        return undefined;
      }
      if (Date.now() > giveUp) {
        const { where, text } = contrast;

        return { where, text: `after\n     ${step.map(showOperation).join('\n     ')}\n${text}` };
      }
      // What the network or a clock causes may have reached only one of the two yet.
      await new Promise((resolve) => setTimeout(resolve, pollInterval));
      await Promise.all(sides.map((side) => side.fence()));
    }
  }

  async #leftovers(): Promise<Contrast | undefined> {
    const [expected, actual] = await Promise.all([
      this.#expected.leftovers(),
      this.#actual.leftovers(),
    ]);

    return expected === actual
      ? undefined
      : {
          where: 'leftovers',
          text: `what the workers hold differs:\n  expected: ${expected}\n       got: ${actual}`,
        };
  }
}

async function startWorkers(mediasoup: Mediasoup): Promise<Workers> {
  const settings = { logLevel: 'none' } as const;

  return [await mediasoup.createWorker(settings), await mediasoup.createWorker(settings)];
}

async function closed(worker: types.Worker): Promise<void> {
  worker.close();
  if (!worker.subprocessClosed) {
    await new Promise<void>((resolve) => worker.once('subprocessclose', () => resolve()));
  }
}
