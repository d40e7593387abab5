import type { types } from 'mediasoup';
import type { Mediasoup } from '../support/targets.js';
import { differenceOf, mapsDiffer, type Contrast, type Observation } from './compare.js';
import { showOperation, type Operation, type Sequence, type Step } from './sequence.js';
import { Side } from './Side.js';

const pollInterval = 5;
/** Milliseconds after which what a step has caused is all there. */
const settling = 300;

export interface Difference extends Contrast {
  /** Index of the step after which it was seen; the number of steps for what is left at the end. */
  step: number;
  /** What the subject showed there. */
  got: string;
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
    sequence: Sequence,
    patience = this.#options.patience,
  ): Promise<Difference | undefined> {
    return this.#course(sequence, patience, async (course) => {
      const difference = await course.run(sequence.steps);

      return { result: difference, failed: difference !== undefined };
    });
  }

  /**
   * What oracle and subject show after a step, whether or not they agree in it.
   *
   * @returns Nothing if they differ before that step.
   */
  async observe(sequence: Sequence, step: number, patience: number): Promise<Observation[]> {
    return this.#course(sequence, patience, async (course) => ({
      result: await course.observe(sequence.steps, step),
      failed: true,
    }));
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    const workers = this.#workers;

    this.#workers = undefined;
    if (workers) {
      await Promise.all([...workers.oracle, ...workers.subject].map(closed));
    }
  }

  async #course<T>(
    { listening }: Sequence,
    patience: number,
    go: (course: Course) => Promise<{ result: T; failed: boolean }>,
  ): Promise<T> {
    const { oracle, subject, port } = this.#options;
    const workers = await this.#takeWorkers();
    const expected = new Side({ mediasoup: oracle, workers: workers.oracle, listening, port });
    const actual = new Side({ mediasoup: subject, workers: workers.subject, listening, port });
    let failed = true;

    try {
      const { result, ...rest } = await go(new Course(expected, actual, patience));

      failed = rest.failed;

      return result;
    } finally {
      expected.end();
      actual.end();
      // Whatever went wrong must not become the next sequence's fault.
      if (failed || !expected.workersOpen || !actual.workersOpen) {
        await this.close();
      }
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
    for (let index = 0; index <= steps.length; index += 1) {
      const contrast = await this.#reach(steps, index);

      if (contrast) {
        const got = contrast.outcomeOf(await this.#observation(this.#actual, steps, index));

        return { ...contrast, step: index, got };
      }
      this.#sides.forEach((side) => side.forget());
    }

    return undefined;
  }

  async observe(steps: readonly Step[], wanted: number): Promise<Observation[]> {
    for (let index = 0; index < wanted; index += 1) {
      if (await this.#reach(steps, index)) {
        return [];
      }
      this.#sides.forEach((side) => side.forget());
    }
    await this.#reach(steps, wanted);
    // Both may agree since something is late for both.
    await pause(settling);
    await Promise.all(this.#sides.map((side) => side.fence()));

    return Promise.all(this.#sides.map((side) => this.#observation(side, steps, wanted)));
  }

  get #sides(): readonly Side[] {
    return [this.#expected, this.#actual];
  }

  /** Executes the step of that index, or the ending after the last. */
  async #reach(steps: readonly Step[], index: number): Promise<Contrast | undefined> {
    const step = steps[index];

    return step
      ? this.#step(step, index === steps.length - 1)
      : ((await this.#step(this.#ending(), true)) ?? (await this.#leftovers()));
  }

  /** Closes whatever belongs to workers, which will be used again. */
  #ending(): Operation[] {
    return this.#expected
      .openRoots()
      .map((on) => ({ id: `end of ${on}`, on, call: 'close', args: [] }));
  }

  async #step(step: Step, everything: boolean): Promise<Contrast | undefined> {
    await Promise.all(this.#sides.map((side) => side.run(step)));

    const giveUp = Date.now() + this.#patience;

    for (;;) {
      const contrast =
        differenceOf(this.#expected.entries, this.#actual.entries, step) ??
        mapsDiffer(this.#expected.snapshot(everything), this.#actual.snapshot(everything));

      if (!contrast) {
        return undefined;
      }
      if (Date.now() > giveUp) {
        const text = `after\n     ${step.map(showOperation).join('\n     ')}\n${contrast.text}`;

        return { ...contrast, text };
      }
      // What the network or a clock causes may have reached only one of the two yet.
      await pause(pollInterval);
      await Promise.all(this.#sides.map((side) => side.fence()));
    }
  }

  async #leftovers(): Promise<Contrast | undefined> {
    const [expected, actual] = await Promise.all(this.#sides.map((side) => side.leftovers()));

    return expected === actual
      ? undefined
      : {
          text: `what the workers hold differs:\n  expected: ${expected}\n       got: ${actual}`,
          outcomeOf: ({ leftovers }) => String(leftovers),
        };
  }

  async #observation(side: Side, steps: readonly Step[], index: number): Promise<Observation> {
    return {
      entries: side.entries,
      snapshot: side.snapshot(index >= steps.length - 1),
      ...(index === steps.length ? { leftovers: await side.leftovers() } : {}),
    };
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
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
